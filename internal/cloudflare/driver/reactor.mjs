// The driver of the reactor: it boots the WebAssembly module, carries requests
// in, performs the effects that a task yields, and carries answers out. It
// decides nothing: what is not an answer from Go is a 500.
//
// Go's runtime wants WASI; the part that it uses is here. Nothing may block and
// no time passes within a call, so sleeping succeeds at once and the monotonic
// clock is advanced by hand: the garbage collector waits by it.

import { bound, decode, write } from "./frame.mjs";

const decoder = new TextDecoder();

const ESUCCESS = 0, EBADF = 8, ENOSYS = 52;

// A Trap says that the instance is poisoned: whatever runs in it is lost.
export class Trap extends Error {}

class Exit extends Error {}

// wasi returns the imports of wasi_snapshot_preview1.
function wasi(memory, log) {
  let monotonic = 1_000_000n; // Go takes 0 for "no clock"
  const pool = new Uint8Array(2048); // random bytes: to ask for many takes as long as for few
  let left = 0;
  const view = () => new DataView(memory().buffer);
  return {
    args_sizes_get(count, size) { view().setUint32(count, 0, true); view().setUint32(size, 0, true); return ESUCCESS; },
    args_get: () => ESUCCESS,
    environ_sizes_get(count, size) { view().setUint32(count, 0, true); view().setUint32(size, 0, true); return ESUCCESS; },
    environ_get: () => ESUCCESS,
    clock_time_get(id, _precision, at) {
      const now = BigInt(Date.now()) * 1_000_000n;
      if (id !== 0) monotonic = now > monotonic ? now : monotonic + 1_000n;
      view().setBigUint64(at, id === 0 ? now : monotonic, true);
      return ESUCCESS;
    },
    random_get(at, size) {
      for (let done = 0; done < size; ) {
        if (left === 0) left = crypto.getRandomValues(pool).length;
        const taken = pool.subarray(pool.length - left).subarray(0, size - done); // each byte is given once
        new Uint8Array(memory().buffer).set(taken, at + done);
        taken.fill(0);
        left -= taken.length;
        done += taken.length;
      }
      return ESUCCESS;
    },
    poll_oneoff(_in, out, count, events) {
      // Whoever sleeps wakes at once, and later.
      for (let i = 0; i < count; i++) {
        const from = _in + i * 48, to = out + i * 32;
        view().setBigUint64(to, view().getBigUint64(from, true), true);
        view().setUint16(to + 8, ESUCCESS, true);
        view().setUint8(to + 10, view().getUint8(from + 8));
        if (view().getUint8(from + 8) === 0) monotonic += view().getBigUint64(from + 24, true);
      }
      view().setUint32(events, count, true);
      return ESUCCESS;
    },
    fd_write(fd, vectors, count, written) {
      let text = "", total = 0;
      for (let i = 0; i < count; i++) {
        const at = view().getUint32(vectors + i * 8, true), size = view().getUint32(vectors + i * 8 + 4, true);
        text += decoder.decode(new Uint8Array(memory().buffer, at, size));
        total += size;
      }
      if (fd === 2) log(text);
      view().setUint32(written, total, true);
      return ESUCCESS;
    },
    sched_yield: () => ESUCCESS,
    proc_exit(code) { throw new Exit(`exit ${code}`); },
    fd_close: () => EBADF, fd_fdstat_get: () => EBADF, fd_fdstat_set_flags: () => EBADF, fd_prestat_get: () => EBADF,
    fd_prestat_dir_name: () => EBADF, fd_read: () => EBADF, fd_seek: () => EBADF, fd_filestat_get: () => EBADF,
    path_open: () => ENOSYS, path_filestat_get: () => ENOSYS,
  };
}

// OLD is the age, in ms, beyond which nobody waits for a task any more: its
// effects are bounded, so it was left behind by a request that the platform has
// ended.
const OLD = 60_000;

// A Reactor is one instance of the module. It is for all requests of an isolate:
// none of its methods waits for what another request began, which the platform
// forbids.
export class Reactor {
  #instance;
  #next = 1;
  #running = new Map(); // task → when it began, the oldest first
  trapped = false;

  // The constructor instantiates the module and hands it its configuration and
  // secrets, a list of strings. It throws where Go refuses them. It needs random
  // numbers, which the platform refuses outside of a request.
  constructor(module, configuration, log = () => {}) {
    this.#instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi(() => this.#instance.exports.memory, log) });
    this.#enter(() => this.#instance.exports._initialize());
    const failure = this.#call("boot", [], configuration).text(0);
    if (failure) throw new Error(failure);
  }

  // #enter calls into the module. A trap poisons it: Go's heap may be torn. What
  // runs in it learns that when its effect is done. So does a call that the
  // platform cuts off, for a request's CPU limit, which no catch hears of: an
  // instance is sound only once the call has returned.
  #enter(call) {
    if (this.trapped) throw new Trap("the instance is gone");
    this.trapped = true;
    try {
      const result = call();
      this.trapped = false;
      return result;
    } catch (cause) {
      throw new Trap("the instance trapped", { cause });
    }
  }

  #call(name, numbers, parts) {
    return this.#enter(() => {
      const x = this.#instance.exports;
      const room = bound(parts);
      const at = x.inbuf(room);
      const size = x[name](...numbers, write(new Uint8Array(x.memory.buffer, at, room), parts));
      return decode(new Uint8Array(x.memory.buffer, x.outbuf(), size));
    });
  }

  // run carries one request through the module. perform(kind, args) performs an
  // effect, whose arguments are a Frame, and returns a list of strings and byte arrays, or throws; then nothing
  // can be said of it. The answer is a Frame.
  async run(request, perform) {
    this.#sweep();
    const id = this.#next++ | 0;
    this.#running.set(id, Date.now());
    try {
      for (let said = this.#call("start", [id], request); ; ) {
        switch (said.text(0)) {
          case "answer": return said.after(1);
          case "effect": break;
          default: throw new Error(said.text(1));
        }
        said = this.#call("step", [id], await outcome(perform, said.text(1), said.after(2)));
      }
    } finally {
      this.#running.delete(id);
    }
  }

  // #sweep cancels the tasks that were left behind.
  #sweep() {
    for (const [id, began] of this.#running) {
      if (Date.now() - began < OLD) return;
      this.#running.delete(id);
      this.#enter(() => this.#instance.exports.cancel(id));
    }
  }
}

async function outcome(perform, kind, args) {
  try {
    return ["ok", ...(await perform(kind, args))];
  } catch (error) {
    return ["error", String(error?.message ?? error).slice(0, 200)];
  }
}
