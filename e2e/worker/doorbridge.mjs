// A Worker whose requests are decided by a test outside of the runtime, to which
// it posts their frames: what is tested is the way into Go and out of it.

import { Door } from "./door.mjs";
import { decode, encode } from "./frame.mjs";

const outside = (env) => ({
  trapped: false,
  async run(frame) {
    const response = await fetch(env.DECIDER, { method: "POST", body: encode(frame) });
    return decode(new Uint8Array(await response.arrayBuffer()));
  },
});

const door = new Door(outside);

export default {
  fetch: (request, env, ctx) => door.answer(request, env, ctx, (onward) => fetch(onward)),
};
