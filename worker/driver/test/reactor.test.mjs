import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode, Reactor, Trap } from "../reactor.mjs";
import { deploy, trap } from "./module.mjs";

const text = (bytes) => new TextDecoder().decode(bytes);
const nothing = () => assert.fail("no effect was to be performed");

test("a frame comes back as it was", () => {
  const back = decode(encode(["", "a", "é\0", new Uint8Array([0, 255, 128]), new Uint8Array(70_000)]));
  assert.deepEqual(back.map((b) => b.length), [0, 1, 3, 3, 70_000]);
  assert.equal(text(back[2]), "é\0");
  assert.deepEqual([...back[3]], [0, 255, 128]);
  assert.deepEqual(decode(new Uint8Array()), []);
});

test("what is decoded is a copy: the memory is used again", () => {
  const whole = new Uint8Array(20);
  whole.set(encode(["abc"]), 5);
  const [part] = decode(whole.subarray(5, 12));
  whole.fill(0);
  assert.equal(text(part), "abc");
});

test("an answer needs no effect", async (t) => {
  const seen = deploy(t, { start: () => ["answer", "yes"] });
  const r = new Reactor(null, ["{}", "NAME", "value"]);
  assert.deepEqual((await r.run(["GET", "/"], nothing)).map(text), ["yes"]);
  assert.deepEqual(seen.came.map((wire) => decode(wire).map(text)), [["{}", "NAME", "value"], ["GET", "/"]]);
});

test("what Go refuses to boot with is thrown", (t) => {
  deploy(t, { boot: () => ["the Worker has no secret X"] });
  assert.throws(() => new Reactor(null, []), /no secret X/);
});

test("what is neither an answer nor an effect is an error of its task alone", async (t) => {
  deploy(t, { start: (id) => (id === 1 ? ["failed", "panic: string"] : ["answer"]) });
  const r = new Reactor(null, []);
  await assert.rejects(r.run(["x"], nothing), /panic: string/);
  assert.deepEqual(await r.run(["x"], nothing), []);
});

test("an effect is performed, and its result or its failure goes back", async (t) => {
  const seen = deploy(t, { start: () => ["effect", "kv-get", "k"], step: () => ["answer", "done"] });
  const r = new Reactor(null, []);
  const last = () => decode(seen.came.at(-1)).map(text);
  const asked = [];
  const answer = await r.run(["x"], async (kind, args) => { asked.push([kind, ...args.map(text)]); return ["v"]; });
  assert.deepEqual([answer.map(text), asked, last()], [["done"], [["kv-get", "k"]], ["ok", "v"]]);
  await r.run(["x"], async () => { throw new Error("out of reach"); });
  assert.deepEqual(last(), ["error", "out of reach"]);
  await r.run(["x"], () => { throw null; });
  assert.deepEqual(last(), ["error", "null"]);
  await r.run(["x"], () => { throw new Error("x".repeat(1000)); });
  assert.equal(last()[1].length, 200);
});

test("a trap poisons the instance for all that runs in it", async (t) => {
  deploy(t, { start: (id) => (id === 2 ? trap() : ["effect", "pause", "1"]) });
  const r = new Reactor(null, []);
  let wake;
  const waiting = assert.rejects(r.run(["waits"], () => new Promise((resolve) => { wake = () => resolve([]); })), Trap);
  await assert.rejects(r.run(["traps"], nothing), Trap);
  assert.equal(r.trapped, true);
  await assert.rejects(r.run(["comes later"], nothing), Trap);
  wake();
  await waiting;
});

test("tasks that were left behind are cancelled, the others are not", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const seen = deploy(t, { start: () => ["effect", "pause", "1"] });
  const r = new Reactor(null, []);
  const never = () => new Promise(() => {});
  r.run(["left behind"], never);
  t.mock.timers.tick(59_000);
  r.run(["younger"], never);
  assert.deepEqual(seen.cancelled, []);
  t.mock.timers.tick(1_000);
  r.run(["sweeps"], never);
  assert.deepEqual(seen.cancelled, [1]);
});
