// Runs a Worker on workerd: node runtime.mjs CONFIG, where CONFIG is a JSON
// object with folder (of the modules, the first one in "modules" is the entry),
// modules, state (a folder, or null), port, bindings, objects (binding → class),
// kv (names), https (with a certificate of nobody's), and twin: a host name by which a second isolate with the same
// modules, objects and kv answers. It prints the address and ends when its
// standard input does.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Miniflare } from "miniflare";

const config = JSON.parse(process.argv[2]);
const type = (name) => (name.endsWith(".wasm") ? "CompiledWasm" : name.endsWith(".mjs") || name.endsWith(".js") ? "ESModule" : "Text");
const worker = (name, scriptName) => ({
  name,
  modules: config.modules.map((name) => ({ type: type(name), path: name, contents: readFileSync(join(config.folder, name)) })),
  modulesRoot: "/",
  compatibilityDate: "2026-04-01",
  bindings: config.bindings ?? {},
  kvNamespaces: Object.fromEntries((config.kv ?? []).map((name) => [name, name])),
  durableObjects: Object.fromEntries(Object.entries(config.objects ?? {}).map(([name, className]) => [name, { className, scriptName, useSQLite: true }])),
});
const mf = new Miniflare({
  host: "127.0.0.1",
  port: config.port ?? 0,
  https: config.https ?? false,
  ...(config.state ? { durableObjectsPersist: join(config.state, "objects"), kvPersist: join(config.state, "kv") } : {}),
  workers: [worker("one"), ...(config.twin ? [{ ...worker("two", "one"), routes: [`${config.twin}/*`] }] : [])],
});
console.log(String(await mf.ready));
process.stdin.resume();
process.stdin.on("end", async () => {
  await mf.dispose();
  process.exit(0);
});
