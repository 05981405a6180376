// The door: it has every request decided in Go, and then answers it or lets it
// through. Bodies pass by, streaming, both ways.

import { readBounded } from "./body.mjs";
import { performer } from "./effects.mjs";
import { Trap } from "./reactor.mjs";

// A body goes to Go only where it may be one of Go's own endpoints, whose first
// name may be encoded, and only what these read: of another body Go learns, by one
// byte, that there is one. Go knows what is too long. Those for users stand where
// the configuration says (internal/wire/userpath).
const OWN = ["oauth", "v1"];
const USERS = "/auth";
const READ = /^application\/(x-www-form-urlencoded|json)\s*(;|$)/i;
const LONGEST = 64 << 10; // bytes

const BODILESS = /^(GET|HEAD)$/;

const FIELDS = 6; // where the fields of a decision to forward begin

// A Door serves the requests of one isolate.
export class Door {
  #boot;
  #own; // first names of paths of endpoints
  #reactor; // of which a trap makes an end

  // boot(env) makes a Reactor in one go, so that two requests never make two. The
  // configuration is as booter takes it.
  constructor(boot, configuration = {}) {
    const { login } = typeof configuration === "string" ? JSON.parse(configuration) : configuration;
    this.#boot = boot;
    this.#own = [...OWN, (login?.prefix ?? USERS).split("/")[1]];
  }

  // answer serves a request. next(request, user) takes one that has no other
  // upstream; user is who makes it, null for nobody.
  async answer(request, env, ctx, next) {
    try {
      const decision = await this.#decide(request, env, ctx);
      if (decision.text(0) === "respond") return respond(decision);
      return await forward(request, decision, next);
    } catch (error) {
      return fault(request, 500, "Internal Server Error", "internal_error", error instanceof Trap ? String(error.cause ?? error) : error.message);
    }
  }

  async #decide(request, env, ctx) {
    const frame = await frameOf(request, this.#own);
    if (this.#reactor?.trapped !== false) this.#reactor = this.#boot(env);
    const running = this.#reactor.run(frame, performer(env, ctx));
    // What was begun is ended, also when the client is gone: the next request
    // may wait for what this one learns.
    ctx.waitUntil(running.catch(() => {}));
    return running;
  }
}

// frameOf returns a request as Go reads it: see Handle in worker/door.go.
async function frameOf(request, own) {
  const frame = [request.method, request.url, request.headers.get("CF-Connecting-IP") ?? "", await formOf(request, own)];
  for (const [name, value] of request.headers) frame.push(name, value);
  return frame;
}

async function formOf(request, own) {
  const [, first, ...rest] = new URL(request.url).pathname.split("/");
  const wanted = request.method === "POST" && rest.length > 0 && (own.includes(first) || first.includes("%"));
  return wanted ? readBounded(request.clone().body, READ.test(request.headers.get("Content-Type") ?? "") ? LONGEST : 0) : "";
}

function respond(decision) {
  const body = decision.bytes(2);
  return new Response(body.length ? body : null, { status: Number(decision.text(1)), headers: headersOf(decision, 3, decision.length) });
}

// headersOf makes headers of the names and values of a decision.
function headersOf(decision, from, to) {
  const headers = new Headers();
  for (let i = from; i < to; i += 2) headers.append(decision.text(i), decision.text(i + 1));
  return headers;
}

async function forward(request, decision, next) {
  // The platform forwards no such body. Without it the request would be another.
  if (request.body && BODILESS.test(request.method)) return fault(request, 400, "Bad Request", "bad_request", "a GET or HEAD with a body, which the platform does not forward");
  const [, upstream, target, user, most, count] = decision.texts(0, FIELDS);
  const end = FIELDS + 2 * Number(count);
  const url = (upstream || new URL(request.url).origin).replace(/\/$/, "") + target;
  const long = new AbortController(); // aborts once the body is too long
  const body = most && request.body ? counted(request.body, Number(most), long) : request.body;
  const onward = new Request(url, {
    method: request.method, headers: headersOf(decision, FIELDS, end), body, duplex: "half", redirect: "manual", ...(most ? { signal: long.signal } : {}),
    // The platform's cache knows nobody by X-Auth-Subject, and the field by which
    // it would have known, Authorization, has been taken off: it would give one
    // person's report.pdf to the next.
    ...(user ? { cache: "no-store" } : {}),
  });
  let response;
  try {
    response = await (upstream ? fetch(onward) : next(onward, user ? JSON.parse(user) : null));
  } catch (error) {
    if (long.signal.aborted) return fault(request, 413, "Content Too Large", "content_too_large", "the body is longer than max_body");
    return fault(request, 502, "Bad Gateway", "bad_gateway", `upstream: ${error.message}`);
  }
  const answer = new Response(response.body, response);
  dress(answer.headers, decision.texts(end));
  return answer;
}

// counted passes a stream on, and aborts the request that it belongs to once it is
// longer than most bytes. It does not end then, nor fail: the platform would end the
// body of the request there, and an upstream would take a part for the whole.
function counted(stream, most, long) {
  let size = 0;
  return stream.pipeThrough(new TransformStream({
    transform(chunk, into) {
      if ((size += chunk.byteLength) <= most) return into.enqueue(chunk);
      long.abort();
      return new Promise(() => {});
    },
  }));
}

const ADDED = ["Vary", "Set-Cookie", "Www-Authenticate"]; // lists, to which both may add

// dress puts our fields, names and values, on an answer; one without a value is removed
// from it. Where we speak CORS no other server does: an upstream that answers "*" would
// open what the route closes. What brings one client a credential is kept by no cache,
// whatever the upstream says of it.
function dress(headers, ours) {
  const drop = (matches) => [...headers.keys()].filter(matches).forEach((name) => headers.delete(name));
  const each = (visit) => { for (let i = 0; i < ours.length; i += 2) visit(ours[i], ours[i + 1]); };
  each((name, value) => {
    if (name === "Vary" && value === "Origin") drop((theirs) => theirs.startsWith("access-control-"));
    if (name === "Set-Cookie") {
      drop((theirs) => theirs.endsWith("cdn-cache-control") || theirs === "surrogate-control" || theirs === "x-accel-expires");
      headers.set("Cache-Control", "no-store");
    }
    if (!ADDED.includes(name)) headers.delete(name);
  });
  each((name, value) => { if (value) headers.append(name, value); });
}

// fault answers what went wrong in here, as Go would (internal/wire/problem), and tells
// the log, as Go does (worker/log.go). The path stays out of it: what in there
// looks like a credential is known to Go alone.
function fault(request, status, title, code, err) {
  const id = crypto.randomUUID();
  console.error(JSON.stringify({ msg: "refused", status, method: request.method, origin: new URL(request.url).origin, reason: code, id, err: String(err).slice(0, 1024) }));
  return new Response(JSON.stringify({ type: "about:blank", title, status, code, request_id: id }), {
    status, headers: { "Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Request-Id": id },
  });
}
