// A module that does what a test says, in place of Go's.

import { encode } from "../frame.mjs";

// A module of one function, "trap", which is: unreachable.
const unreachable = new WebAssembly.Module(Uint8Array.from(
  [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0, 10, 5, 1, 3, 0, 0, 11]));
export const { trap } = new WebAssembly.Instance(unreachable).exports;

// deploy has every instance of this test be one whose exports boot, start(id) and
// step(id) return frames. It returns what happened: the frames that came in, the
// tasks that were cancelled, and what the module may import.
export function deploy(t, { boot = () => [], start = () => ["answer"], step = () => ["answer"] }) {
  const seen = { instances: 0, came: [], cancelled: [], wasi: null, memory: null };
  t.mock.method(WebAssembly, "Instance", function (_module, { wasi_snapshot_preview1 }) {
    const memory = new WebAssembly.Memory({ initial: 4 });
    let out = 0;
    Object.assign(seen, { wasi: wasi_snapshot_preview1, memory, instances: seen.instances + 1 });
    const call = (answer) => (...numbers) => {
      seen.came.push(new Uint8Array(memory.buffer).slice(0, numbers.at(-1)));
      const wire = encode(answer(numbers[0]));
      out = 65536;
      new Uint8Array(memory.buffer).set(wire, out);
      return wire.length;
    };
    return { exports: {
      memory, _initialize() {}, inbuf: () => 0, outbuf: () => out,
      boot: call(boot), start: call(start), step: call(step), cancel: (id) => seen.cancelled.push(id),
    } };
  });
  return seen;
}
