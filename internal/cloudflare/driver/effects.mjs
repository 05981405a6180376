// What a task asks of the platform. An effect that throws could not be told.

import { fetchBounded } from "./fetch.mjs";
import { verify } from "./signatures.mjs";
import { store } from "./store.mjs";
import { copies } from "./copies.mjs";

const LONGEST_PAUSE = 1000; // ms
const PATIENCE = 10_000; // ms for an object or a namespace, which have no bound of their own

// performer returns perform(kind, args) for Reactor.run, in one request:
// ctx.waitUntil takes what may end after its answer.
export function performer(env, ctx) {
  const kv = copies(env.EDGEWARD_KV, ctx);
  const effects = {
    "fetch": (args) => fetchBounded(args.text(0), args.text(1), args.bytes(2), args.texts(3)),
    "verify": (args) => verify(args.text(0), args.text(1), args.bytes(2), args.bytes(3)),
    "store": (args) => within(PATIENCE, store(env.EDGEWARD_STORE, args.text(0), args.text(1), args.after(2))),
    "kv-get": (args) => within(PATIENCE, kv.get(args.text(0))),
    "kv-put": (args) => kv.put(args.text(0), args.bytes(1), Number(args.text(2))),
    "pause": (args) => new Promise((wake) => setTimeout(() => wake([]), Math.min(Number(args.text(0)), LONGEST_PAUSE))),
  };
  return (kind, args) => effects[kind](args);
}

// within returns what comes of a promise, and throws when that takes longer: who
// waits may be whom the rest of the instance relies on to learn what is revoked.
function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("no answer in time")), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
