// The entry of a Pages project: functions/_middleware.js exports its onRequest.
// The functions behind it find who makes a request in context.data.user.

import module from "./app.wasm";
import configuration from "./edgeward.json";
import { booter } from "./boot.mjs";
import { Door } from "./door.mjs";

const door = new Door(booter(module, configuration), configuration);

export function onRequest(context) {
  return door.answer(context.request, context.env, context, (onward, user) => {
    context.data.user = user;
    return context.next(onward);
  });
}
