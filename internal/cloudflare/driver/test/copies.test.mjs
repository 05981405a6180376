import assert from "node:assert/strict";
import test from "node:test";
import { copies } from "../copies.mjs";

const bytes = (s) => new TextEncoder().encode(s);

// namespace is a KV namespace, and a context, that remember what was asked.
function namespace(fails) {
  const asked = [], waits = [];
  const answer = async (value) => { if (fails) throw new Error("KV is out of reach"); return value; };
  return {
    asked, waits, ctx: { waitUntil: (promise) => waits.push(promise) },
    get: (...args) => (asked.push(["get", ...args]), answer(args[0] === "there" ? bytes("v").buffer : null)),
    put: (key, value, options) => (asked.push(["put", key, options]), answer()),
  };
}

test("a copy is there, or not", async () => {
  const kv = namespace();
  const { get } = copies(kv, kv.ctx);
  assert.deepEqual(await get("there"), [bytes("v")]);
  assert.deepEqual(await get("gone"), []);
  assert.deepEqual(kv.asked[0], ["get", "there", { type: "arrayBuffer", cacheTtl: 60 }]);
});

test("a copy that is larger than any of ours is none", async () => {
  const of = (size) => copies({ get: async () => new ArrayBuffer(size) }, {}).get("k");
  assert.equal((await of(2 << 20)).length, 1);
  assert.deepEqual(await of((2 << 20) + 1), []);
});

test("without a binding there are no copies", async () => {
  const { get, put } = copies(undefined, {});
  assert.deepEqual(await get("k"), []);
  assert.deepEqual(put("k", bytes("v"), 60), []);
});

test("a key is written once a second, and kept for a minute at least", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 5_000_000 });
  const kv = namespace();
  const { put } = copies(kv, kv.ctx);
  put("a", bytes("1"), 10);
  put("a", bytes("2"), 10);
  put("b", bytes("1"), 90);
  t.mock.timers.tick(999);
  put("a", bytes("3"), 10);
  t.mock.timers.tick(1);
  put("a", bytes("4"), 10);
  assert.deepEqual(kv.asked, [["put", "a", { expirationTtl: 60 }], ["put", "b", { expirationTtl: 90 }], ["put", "a", { expirationTtl: 60 }]]);
});

test("a write that fails is nobody's trouble, a read that fails could not be told", async () => {
  const kv = namespace(true);
  const { get, put } = copies(kv, kv.ctx);
  put("fails", bytes("v"), 60);
  await Promise.all(kv.waits);
  await assert.rejects(get("there"));
});
