// Pages around the middleware of a project: the function behind it tells what it
// was handed.

import { onRequest } from "./pages.mjs";

export { EdgewardStore } from "./objects.mjs";

export default {
  fetch(request, env, ctx) {
    const data = {};
    const next = async (onward) => Response.json({ url: onward.url, subject: onward.headers.get("X-Auth-Subject"), body: await onward.text(), user: data.user });
    return onRequest({ request, env, data, next, waitUntil: (promise) => ctx.waitUntil(promise) });
  },
};
