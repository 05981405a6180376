// Booting the module with its configuration and the secrets that it asks for.

import { Reactor } from "./reactor.mjs";

// The secret that opens /v1 (AdminSecret in door/endpoints.go), which needs no
// mention in the configuration.
const ADMIN = "EDGEWARD_ADMIN";

// booter returns boot(env) for Door. The configuration is JSON, as text or parsed.
export function booter(module, configuration) {
  const text = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
  const names = [...new Set([ADMIN, ...Array.from(text.matchAll(/"env:(\w+)"/g), ([, name]) => name)])];
  return (env) => {
    const secrets = names.filter((name) => typeof env[name] === "string").flatMap((name) => [name, env[name]]);
    return new Reactor(module, [text, ...secrets], (line) => console.error(line));
  };
}
