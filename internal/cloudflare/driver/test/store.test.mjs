import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode } from "../frame.mjs";
import { store } from "../store.mjs";

const frame = (...parts) => decode(encode(parts));

// objects is a namespace whose objects answer(name, op, args).
const objects = (answer) => ({ idFromName: (name) => name, get: (name) => ({ operate: async (op, args) => answer(name, op, args) }) });

test("an object operates; values stay bytes", async () => {
  const value = new Uint8Array([0, 255]);
  const asked = [];
  await store(objects((...all) => (asked.push(all), ["done", "1"])), "0a", "create", frame("k", "0", value, "5"));
  assert.deepEqual(asked, [["0a", "create", ["k", "0", value, "5"]]]);
});

test("a listing over all objects is in order and cut, whoever answered first", async () => {
  let busy = 0, most = 0;
  const namespace = objects(async (name) => {
    most = Math.max(most, ++busy);
    await new Promise((go) => setTimeout(go, Math.random() * 3));
    busy--;
    return ["done", `key/${name}`, new Uint8Array([1]), "1", "0"];
  });
  const [how, ...rows] = await store(namespace, "*", "list", frame("", "", "3"));
  assert.deepEqual([how, rows.filter((_, i) => i % 4 === 0)], ["done", ["key/00", "key/01", "key/02"]]);
  assert.ok(most <= 6, `${most} at once`);
});

test("a listing that lacks an object is no listing", async () => {
  const namespace = objects((name) => { if (name === "3f") throw new Error("overloaded"); return ["done"]; });
  await assert.rejects(store(namespace, "*", "list", frame("", "", "3")), /overloaded/);
  await assert.rejects(store(objects((name) => [name === "ban" ? "not_found" : "done"]), "*", "list", frame("", "", "3")), /ban answered not_found/);
});
