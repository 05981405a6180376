// A Worker that performs effects for a test outside of the runtime: a frame comes
// in a POST, and goes back. The first part of it keeps the objects of one test
// apart. ?ahead=MS sets the clock of the objects, which share this isolate, ahead.

import { performer } from "./effects.mjs";
import { decode, encode } from "./frame.mjs";

export { EdgewardStore } from "./objects.mjs";

const realNow = Date.now;

export default {
  async fetch(request, env, ctx) {
    const ahead = new URL(request.url).searchParams.get("ahead");
    if (ahead !== null) {
      Date.now = () => realNow() + Number(ahead);
      return new Response();
    }
    const asked = decode(new Uint8Array(await request.arrayBuffer()));
    const inside = { idFromName: (name) => env.EDGEWARD_STORE.idFromName(asked.text(0) + name), get: (id) => env.EDGEWARD_STORE.get(id) };
    return new Response(encode(await performer({ ...env, EDGEWARD_STORE: inside }, ctx)(asked.text(1), asked.after(2))));
  },
};
