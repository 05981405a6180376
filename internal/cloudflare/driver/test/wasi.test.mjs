import assert from "node:assert/strict";
import test from "node:test";
import { Reactor } from "../reactor.mjs";
import { deploy } from "./module.mjs";

// world returns what a module may import, its memory, and its log.
function world(t) {
  const log = [];
  const seen = deploy(t, {});
  new Reactor(null, [], (line) => log.push(line));
  const view = new DataView(seen.memory.buffer);
  const time = (id) => (assert.equal(seen.wasi.clock_time_get(id, 0n, 8), 0), view.getBigUint64(8, true));
  return { wasi: seen.wasi, view, log, time };
}

test("the clock on the wall is the platform's", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_700_000_000_000 });
  assert.equal(world(t).time(0), 1_700_000_000_000_000_000n);
});

test("the other clock is above zero, always advances, and never goes back", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_700_000_000_000 });
  const { time } = world(t);
  const first = time(1), second = time(1);
  assert.ok(first > 0n && second > first);
  t.mock.timers.setTime(1_600_000_000_000);
  assert.ok(time(1) > second);
});

test("whoever sleeps wakes at once, later", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_700_000_000_000 });
  const { wasi, view, time } = world(t);
  const before = time(1), hour = 3_600_000_000_000n;
  view.setBigUint64(1024, 42n, true); // subscription: userdata, the clock, for an hour
  view.setUint8(1032, 0);
  view.setBigUint64(1048, hour, true);
  assert.equal(wasi.poll_oneoff(1024, 2048, 1, 4096), 0);
  assert.deepEqual([view.getUint32(4096, true), view.getBigUint64(2048, true), view.getUint16(2056, true)], [1, 42n, 0]);
  assert.ok(time(1) >= before + hour);
});

test("randomness is the platform's, of any length", (t) => {
  const { wasi, view } = world(t);
  const bytes = new Uint8Array(view.buffer, 0, 150_000);
  assert.equal(wasi.random_get(0, bytes.length), 0);
  for (const part of [bytes.subarray(0, 64), bytes.subarray(65_536, 65_600), bytes.subarray(149_936)]) assert.ok(new Set(part).size > 16);
});

test("what is written to standard error is logged, all else is dropped", (t) => {
  const { wasi, view, log } = world(t);
  new Uint8Array(view.buffer).set(new TextEncoder().encode("goroutine 1"), 512);
  [[256, 512], [260, 9], [264, 521], [268, 2]].forEach(([at, n]) => view.setUint32(at, n, true));
  for (const fd of [1, 2]) assert.equal(wasi.fd_write(fd, 256, 2, 300), 0);
  assert.equal(view.getUint32(300, true), 11);
  assert.deepEqual(log, ["goroutine 1"]);
});

test("an exit is a trap", (t) => {
  assert.throws(() => world(t).wasi.proc_exit(2), /exit 2/);
});

test("there are no files, arguments and variables", (t) => {
  const { wasi, view } = world(t);
  for (const sizes of ["args_sizes_get", "environ_sizes_get"]) {
    assert.equal(wasi[sizes](0, 4), 0);
    assert.equal(view.getBigUint64(0, true), 0n);
  }
  for (const name of ["path_open", "fd_read", "fd_prestat_get", "fd_seek"]) assert.notEqual(wasi[name](), 0);
});
