// The Worker, with a way to have its instance trap: the next task after a
// request for /trap asks Go for more memory than there is.

const { Instance } = WebAssembly;
let trap = false;

WebAssembly.Instance = function (module, imports) {
  const { exports } = new Instance(module, imports);
  return { exports: { ...exports, start: (id, n) => (trap ? ((trap = false), exports.inbuf(0x7fffffff)) : exports.start(id, n)) } };
};

const worker = (await import("./worker.mjs")).default;
export { EdgewardStore } from "./objects.mjs";

export default {
  fetch(request, env, ctx) {
    trap ||= new URL(request.url).pathname === "/trap";
    return worker.fetch(request, env, ctx);
  },
};
