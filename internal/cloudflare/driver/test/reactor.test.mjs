import assert from "node:assert/strict";
import test from "node:test";
import vm from "node:vm";
import { decode } from "../frame.mjs";
import { Reactor, Trap } from "../reactor.mjs";
import { deploy, trap } from "./module.mjs";

const nothing = () => assert.fail("no effect was to be performed");

test("an answer needs no effect", async (t) => {
  const seen = deploy(t, { start: () => ["answer", "yes"] });
  const r = new Reactor(null, ["{}", "NAME", "value"]);
  assert.deepEqual((await r.run(["GET", "/"], nothing)).texts(), ["yes"]);
  assert.deepEqual(seen.came.map((wire) => decode(wire).texts()), [["{}", "NAME", "value"], ["GET", "/"]]);
});

test("what Go refuses to boot with is thrown", (t) => {
  deploy(t, { boot: () => ["the Worker has no secret X"] });
  assert.throws(() => new Reactor(null, []), /no secret X/);
});

test("what is neither an answer nor an effect is an error of its task alone", async (t) => {
  deploy(t, { start: (id) => (id === 1 ? ["failed", "panic: string"] : ["answer"]) });
  const r = new Reactor(null, []);
  await assert.rejects(r.run(["x"], nothing), /panic: string/);
  assert.equal((await r.run(["x"], nothing)).length, 0);
});

test("an effect is performed, and its result or its failure goes back", async (t) => {
  const seen = deploy(t, { start: () => ["effect", "kv-get", "k"], step: () => ["answer", "done"] });
  const r = new Reactor(null, []);
  const last = () => decode(seen.came.at(-1)).texts();
  const asked = [];
  const answer = await r.run(["x"], async (kind, args) => { asked.push([kind, ...args.texts()]); return ["v"]; });
  assert.deepEqual([answer.texts(), asked, last()], [["done"], [["kv-get", "k"]], ["ok", "v"]]);
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

test("a call that the platform cuts off poisons the instance, although nothing is caught", async (t) => {
  deploy(t, { start: (id) => { while (id === 1); return ["answer"]; } });
  const r = new Reactor(null, []);
  const within = (timeout) => vm.runInNewContext("run()", { run: () => r.run(["x"], nothing) }, { timeout });
  assert.throws(() => within(50), { code: "ERR_SCRIPT_EXECUTION_TIMEOUT" });
  assert.equal(r.trapped, true);
  await assert.rejects(r.run(["comes later"], nothing), Trap);
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
