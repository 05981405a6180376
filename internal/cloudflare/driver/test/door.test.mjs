import assert from "node:assert/strict";
import test from "node:test";
import { booter } from "../boot.mjs";
import { Door } from "../door.mjs";
import { decode, encode } from "../frame.mjs";
import { deploy, trap } from "./module.mjs";

const ctx = { waitUntil() {} };
const refuse = () => assert.fail("the request was let through");

// answering is a door whose decisions are the frame that decide returns.
function answering(decide, configuration) {
  return new Door(() => ({ trapped: false, run: async (frame) => decode(encode(decide(decode(encode(frame)).texts()))) }), configuration);
}

// frameOf returns what Go is told of a request.
async function frameOf(request, configuration) {
  let told;
  await answering((frame) => (told = frame, ["respond", "204", ""]), configuration).answer(request, {}, ctx, refuse);
  return told;
}

const form = { method: "POST", body: "a=1", headers: { "Content-Type": "application/x-www-form-urlencoded" } };

test("Go is told method, URL, address, no body, and fields", async () => {
  const frame = await frameOf(new Request("https://a.example/b?c", { method: "PUT", body: "x", headers: { "CF-Connecting-IP": "192.0.2.1", A: "b" } }));
  assert.deepEqual(frame.slice(0, 4), ["PUT", "https://a.example/b?c", "192.0.2.1", ""]);
  assert.equal(frame[frame.indexOf("a") + 1], "b");
  assert.equal((await frameOf(new Request("https://a.example/")))[2], "");
});

for (const [what, path, init, want] of [
  ["a form for an endpoint", "/oauth/token", form, "a=1"],
  ["JSON for an endpoint", "/v1/sessions", { ...form, headers: { "Content-Type": "application/json; charset=utf-8" } }, "a=1"],
  ["something else for an endpoint, which is read no further", "/oauth/token", { ...form, headers: { "Content-Type": "application/jsonx" } }, "a"],
  ["nothing for an endpoint", "/auth/logout", { method: "POST", headers: { "Content-Type": "application/json" } }, ""],
  ["a form for an endpoint whose path is encoded", "/%6fauth/token", form, "a=1"],
  ["a form for the upstream", "/api/oauth/token", form, ""],
  ["another method", "/oauth/token", { ...form, method: "PUT" }, ""],
]) {
  test(`the body of ${what}`, async () => assert.equal((await frameOf(new Request(`https://a.example${path}`, init)))[3], want));
}

for (const configuration of [{ login: { prefix: "/.x/auth" } }, '{"login":{"prefix":"/.x/auth"}}']) {
  test(`the body of a form for an endpoint at another prefix, by a configuration that is ${typeof configuration}`, async () => {
    const body = async (path) => (await frameOf(new Request(`https://a.example${path}`, form), configuration))[3];
    assert.deepEqual([await body("/.x/auth/logout"), await body("/.x/%61uth/logout"), await body("/auth/logout"), await body("/ax/auth/logout"), await body("/.x")], ["a=1", "a=1", "", "", ""]);
  });
}

test("a body that is too long arrives too long by one byte", async () => {
  const body = (await frameOf(new Request("https://a.example/oauth/token", { ...form, body: "x".repeat(1 << 20) })))[3];
  assert.equal(body.length, (64 << 10) + 1);
});

test("what was begun is ended, also when the client is gone", async () => {
  const kept = [];
  await answering(() => ["respond", "204", ""]).answer(new Request("https://a.example/"), {}, { waitUntil: (promise) => kept.push(promise) }, refuse);
  assert.equal(kept.length, 1);
  assert.ok(kept[0] instanceof Promise);
});

test("an answer of Go's is the answer", async () => {
  const door = answering(() => ["respond", "401", "no", "Www-Authenticate", "Bearer", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]);
  const response = await door.answer(new Request("https://a.example/"), {}, ctx, refuse);
  assert.deepEqual([response.status, await response.text(), response.headers.get("WWW-Authenticate"), response.headers.getSetCookie()], [401, "no", "Bearer", ["a=1", "b=2"]]);
});

for (const [who, user, cache] of [["somebody", '{"subject":"alice"}', "no-store"], ["nobody", "", "default"]]) {
  test(`the platform's cache, which cannot tell people apart, for ${who}: ${cache}`, async () => {
    let seen;
    const door = answering(() => ["forward", "", "/report.pdf", user, "", "0"]);
    await door.answer(new Request("https://a.example/report.pdf"), {}, ctx, (onward) => (seen = onward, new Response()));
    assert.equal(seen.cache, cache);
  });
}

test("what Go lets through goes where it says, with the fields that it says", async () => {
  const door = answering(() => ["forward", "", "/x?y", '{"subject":"alice"}', "", "1", "X-Auth-Subject", "alice", "X-Request-Id", "7"]);
  let onward, who;
  const response = await door.answer(new Request("https://a.example/%78?y", { headers: { "X-Auth-Subject": "mallory", Cookie: "s" } }), {}, ctx, (request, user) => {
    [onward, who] = [request, user];
    return new Response("hello", { status: 203, headers: { "X-Request-Id": "theirs", "X-Own": "1" } });
  });
  assert.deepEqual([onward.url, onward.redirect, [...onward.headers], who], ["https://a.example/x?y", "manual", [["x-auth-subject", "alice"]], { subject: "alice" }]);
  assert.deepEqual([response.status, await response.text(), response.headers.get("X-Request-Id"), response.headers.get("X-Own")], [203, "hello", "7", "1"]);
});

for (const [what, size, most, status, arrived] of [["that fits", 1000, "1000", 200, 1000], ["that is too long", 1001, "1000", 413, -1], ["without a bound", 5000, "", 200, 5000]]) {
  test(`a body of unknown length ${what}`, async (t) => {
    t.mock.method(console, "error", () => {});
    let got = -1;
    const door = answering(() => ["forward", "", "/", "", most, "0"]);
    const body = new Blob(["x".repeat(size - 1), "x"]).stream();
    const response = await door.answer(new Request("https://a.example/", { method: "POST", body, duplex: "half" }), {}, ctx, async (onward) => {
      const aborted = new Promise((_, fail) => onward.signal.addEventListener("abort", () => fail(new Error("aborted")))); // as fetch does
      got = (await Promise.race([onward.bytes(), aborted])).length;
      return new Response();
    });
    assert.deepEqual([response.status, got], [status, arrived]);
    if (status === 413) assert.equal((await response.json()).code, "content_too_large");
  });
}

// dressed returns the fields of an answer whose upstream and whose edge set some.
async function dressed(theirs, ours) {
  const door = answering(() => ["forward", "", "/", "", "", "0", ...ours]);
  return (await door.answer(new Request("https://a.example/"), {}, ctx, () => new Response(null, { headers: theirs }))).headers;
}

test("where the edge speaks CORS the upstream does not", async () => {
  const theirs = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true", Vary: "Accept" };
  const alone = await dressed(theirs, ["Vary", "Origin"]);
  assert.deepEqual([alone.get("Access-Control-Allow-Origin"), alone.get("Access-Control-Allow-Credentials"), alone.get("Vary")], [null, null, "Accept, Origin"]);
  assert.equal((await dressed(theirs, [])).get("Access-Control-Allow-Origin"), "*");
});

test("an answer that brings a credential is kept by no cache", async () => {
  const theirs = { "Cache-Control": "public, max-age=60", "CDN-Cache-Control": "max-age=60", "Cloudflare-CDN-Cache-Control": "max-age=60", "Surrogate-Control": "max-age=60", "Set-Cookie": "theirs=1" };
  const kept = await dressed(theirs, ["Set-Cookie", "ours=1"]);
  assert.deepEqual([...kept], [["cache-control", "no-store"], ["set-cookie", "theirs=1"], ["set-cookie", "ours=1"]]);
  assert.equal((await dressed(theirs, [])).get("Cache-Control"), "public, max-age=60");
});

test("what breaks in here is a 500, what breaks behind a 502, and neither tells why", async (t) => {
  t.mock.method(console, "error", () => {});
  const broken = await new Door(() => { throw new Error("secret"); }).answer(new Request("https://a.example/"), {}, ctx, refuse);
  const behind = await answering(() => ["forward", "", "/", "", "", "0"]).answer(new Request("https://a.example/"), {}, ctx, () => { throw new Error("secret"); });
  for (const [response, status, code] of [[broken, 500, "internal_error"], [behind, 502, "bad_gateway"]]) {
    const document = await response.json();
    assert.deepEqual([response.status, document.code, response.headers.get("Content-Type"), response.headers.get("Cache-Control")], [status, code, "application/problem+json", "no-store"]);
    assert.ok(!JSON.stringify(document).includes("secret"));
  }
});

test("after a trap the next request has an instance of its own", async (t) => {
  t.mock.method(console, "error", () => {});
  let traps = true;
  const seen = deploy(t, { start: () => (traps ? ((traps = false), trap()) : ["answer", "respond", "204", ""]) });
  const door = new Door(booter(null, "{}"));
  const ask = async () => (await door.answer(new Request("https://a.example/"), {}, ctx, refuse)).status;
  assert.deepEqual([await ask(), await ask(), await ask(), seen.instances], [500, 204, 204, 2]);
});

test("an instance that does not boot is tried again", async (t) => {
  t.mock.method(console, "error", () => {});
  let ready = false;
  deploy(t, { boot: () => (ready ? [] : ["not yet"]), start: () => ["answer", "respond", "204", ""] });
  const door = new Door(booter(null, "{}"));
  const ask = async () => (await door.answer(new Request("https://a.example/"), {}, ctx, refuse)).status;
  assert.equal(await ask(), 500);
  ready = true;
  assert.equal(await ask(), 204);
});

test("Go gets the secrets that it asks for, and no others", (t) => {
  const seen = deploy(t, {});
  booter(null, { tokens: { secret: "env:ROOT", keys: "env:RING" }, note: "env" })({ ROOT: "r", OTHER: "o", EDGEWARD_KV: {}, EDGEWARD_ADMIN: "a" });
  assert.deepEqual(decode(seen.came[0]).texts(1), ["EDGEWARD_ADMIN", "a", "ROOT", "r"]);
});

test("what goes wrong in the driver is a line in the log, without path or query", async (t) => {
  const lines = [];
  t.mock.method(console, "error", (line) => lines.push(line));
  const failing = new Door(() => { throw new Error("no configuration"); });
  const forwarding = answering(() => ["forward", "", "/x", "", "", "0"]);
  const broken = () => { throw new Error("it hung up"); };
  for (const [door, request, next, status, code] of [
    [failing, new Request("https://a.example/secret?secret"), refuse, 500, "internal_error"],
    [forwarding, new Request("https://a.example/secret?secret"), broken, 502, "bad_gateway"],
  ]) {
    lines.length = 0;
    const response = await door.answer(request, {}, ctx, next);
    const { request_id: id } = await response.json();
    assert.equal(lines.length, 1);
    assert.ok(!lines[0].includes("secret"));
    const line = JSON.parse(lines[0]);
    assert.deepEqual([line.msg, line.status, line.reason, line.method, line.origin, line.id], ["refused", status, code, "GET", "https://a.example", id]);
    assert.equal(response.status, status);
  }
});
