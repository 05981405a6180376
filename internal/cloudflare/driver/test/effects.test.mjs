import assert from "node:assert/strict";
import test from "node:test";
import { performer } from "../effects.mjs";
import { decode, encode } from "../frame.mjs";

const frame = (...parts) => decode(encode(parts));
const never = () => new Promise(() => {});

test("what never answers could not be told, and in time", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const env = { EDGEWARD_STORE: { idFromName: (name) => name, get: () => ({ operate: never }) }, EDGEWARD_KV: { get: never } };
  const perform = performer(env, { waitUntil() {} });
  for (const [kind, ...args] of [["store", "0a", "get", "key"], ["kv-get", "key"]]) {
    const late = assert.rejects(perform(kind, frame(...args)), /no answer in time/, kind);
    t.mock.timers.tick(10_000);
    await late;
  }
});

test("what answers leaves no timer behind", async (t) => {
  const cleared = t.mock.method(globalThis, "clearTimeout");
  const env = { EDGEWARD_STORE: { idFromName: (name) => name, get: () => ({ operate: async () => ["done"] }) } };
  assert.deepEqual(await performer(env, {})("store", frame("0a", "get", "key")), ["done"]);
  assert.equal(cleared.mock.callCount(), 1);
});
