// What a task asks of the platform. An effect that throws could not be told.

import { fetchBounded } from "./fetch.mjs";
import { verify } from "./signatures.mjs";
import { store } from "./store.mjs";
import { copies } from "./copies.mjs";

const decoder = new TextDecoder();
const text = (bytes) => decoder.decode(bytes);

const LONGEST_PAUSE = 1000; // ms

// performer returns perform(kind, args) for Reactor.run, in one request:
// ctx.waitUntil takes what may end after its answer.
export function performer(env, ctx) {
  const kv = copies(env.EDGEWARD_KV, ctx);
  const effects = {
    "fetch": ([method, url, body, ...fields]) => fetchBounded(text(method), text(url), body, fields.map(text)),
    "verify": ([alg, set, data, signature]) => verify(text(alg), text(set), data, signature),
    "store": ([shard, op, ...args]) => store(env.EDGEWARD_STORE, text(shard), text(op), args),
    "kv-get": ([key]) => kv.get(text(key)),
    "kv-put": ([key, value, ttl]) => kv.put(text(key), value, Number(text(ttl))),
    "pause": ([ms]) => new Promise((wake) => setTimeout(() => wake([]), Math.min(Number(text(ms)), LONGEST_PAUSE))),
  };
  return (kind, args) => effects[kind](args);
}
