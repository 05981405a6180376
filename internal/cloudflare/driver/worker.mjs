// The entry of a Worker. What has no upstream of its own goes where it would
// have gone without us: to the static files that are deployed with the Worker,
// where there are some, else to the origin of the Worker's route.

import module from "./app.wasm";
import configuration from "./edgeward.json";
import { booter } from "./boot.mjs";
import { Door } from "./door.mjs";

export { EdgewardStore } from "./objects.mjs";

const door = new Door(booter(module, configuration), configuration);

export default {
  fetch: (request, env, ctx) => door.answer(request, env, ctx, (onward) => (env.ASSETS ? env.ASSETS.fetch(onward) : fetch(onward))),
};
