// The door: it has every request decided in Go, and then answers it or lets it
// through. Bodies pass by, streaming, both ways.

import { readBounded } from "./body.mjs";
import { performer } from "./effects.mjs";
import { Trap } from "./reactor.mjs";

const decoder = new TextDecoder();

// A body goes to Go only where it may be one of Go's own endpoints, and only
// what these read. Go knows what is too long.
const OWN = /^\/(oauth|auth|v1)\//;
const READ = /^application\/(x-www-form-urlencoded|json)\s*(;|$)/i;
const LONGEST = 16 << 10; // bytes

// A Door serves the requests of one isolate.
export class Door {
  #boot;
  #reactor; // of which a trap makes an end

  // boot(env) makes a Reactor in one go, so that two requests never make two.
  constructor(boot) {
    this.#boot = boot;
  }

  // answer serves a request. next(request, user) takes one that has no other
  // upstream; user is who makes it, null for nobody.
  async answer(request, env, ctx, next) {
    try {
      const [kind, ...rest] = await this.#decide(request, env, ctx);
      if (decoder.decode(kind) === "respond") return respond(rest);
      return await forward(request, rest, next);
    } catch (error) {
      console.error(`edgeward: ${error instanceof Trap ? String(error.cause ?? error) : error.message}`);
      return fault(500, "Internal Server Error", "internal_error");
    }
  }

  async #decide(request, env, ctx) {
    const frame = await frameOf(request);
    if (this.#reactor?.trapped !== false) this.#reactor = this.#boot(env);
    const running = this.#reactor.run(frame, performer(env, ctx));
    // What was begun is ended, also when the client is gone: the next request
    // may wait for what this one learns.
    ctx.waitUntil(running.catch(() => {}));
    return running;
  }
}

// frameOf returns a request as Go reads it: see Handle in worker/door.go.
async function frameOf(request) {
  const fields = [...request.headers].flat();
  return [request.method, request.url, request.headers.get("CF-Connecting-IP") ?? "", await formOf(request), ...fields];
}

async function formOf(request) {
  const wanted = request.method === "POST" && OWN.test(new URL(request.url).pathname) && READ.test(request.headers.get("Content-Type") ?? "");
  return wanted ? readBounded(request.clone().body, LONGEST) : "";
}

function respond([status, body, ...fields]) {
  return new Response(body.length ? body : null, { status: Number(decoder.decode(status)), headers: headersOf(fields) });
}

// headersOf makes headers of names and values.
function headersOf(fields) {
  const headers = new Headers();
  for (let i = 0; i < fields.length; i += 2) headers.append(decoder.decode(fields[i]), decoder.decode(fields[i + 1]));
  return headers;
}

async function forward(request, [base, target, user, count, ...fields], next) {
  const end = 2 * Number(decoder.decode(count));
  const upstream = decoder.decode(base);
  const url = (upstream || new URL(request.url).origin).replace(/\/$/, "") + decoder.decode(target);
  const onward = new Request(url, { method: request.method, headers: headersOf(fields.slice(0, end)), body: request.body, redirect: "manual" });
  let response;
  try {
    response = await (upstream ? fetch(onward) : next(onward, user.length ? JSON.parse(decoder.decode(user)) : null));
  } catch (error) {
    console.error(`edgeward: upstream: ${error.message}`);
    return fault(502, "Bad Gateway", "bad_gateway");
  }
  const { status, statusText, webSocket } = response;
  return new Response(webSocket ? null : response.body, { status, statusText, webSocket, headers: dress(new Headers(response.headers), headersOf(fields.slice(end))) });
}

// dress puts our fields on an answer. Where we speak CORS nobody else does: an
// upstream that answers "*" would open what the route closes. What brings one
// client a credential is kept by no cache, whatever the upstream says of it.
function dress(headers, ours) {
  const drop = (matches) => [...headers.keys()].filter(matches).forEach((name) => headers.delete(name));
  if (/(^|,\s*)Origin\b/i.test(ours.get("Vary") ?? "")) drop((name) => name.startsWith("access-control-"));
  if (ours.has("Set-Cookie")) {
    drop((name) => name.endsWith("cdn-cache-control") || name === "surrogate-control" || name === "x-accel-expires");
    headers.set("Cache-Control", "no-store");
  }
  for (const [name, value] of ours) {
    if (ADDED.has(name)) headers.append(name, value);
    else headers.set(name, value);
  }
  return headers;
}

const ADDED = new Set(["vary", "set-cookie", "www-authenticate"]);

// fault answers what went wrong in here, as Go would (internal/problem).
function fault(status, title, code) {
  const id = crypto.randomUUID();
  return new Response(JSON.stringify({ type: "about:blank", title, status, code, request_id: id }), {
    status, headers: { "Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Request-Id": id },
  });
}
