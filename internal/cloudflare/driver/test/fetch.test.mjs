import assert from "node:assert/strict";
import { createServer } from "node:http";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { readBounded } from "../body.mjs";
import { fetchBounded } from "../fetch.mjs";

const text = (bytes) => new TextDecoder().decode(bytes);
const none = new Uint8Array();

// serve answers on this machine until the test ends, and counts.
async function serve(t, answer) {
  const seen = { count: 0 };
  const server = createServer((request, response) => { seen.count++; answer(request, response); });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => { server.closeAllConnections(); server.close(); });
  return [`http://127.0.0.1:${server.address().port}/`, seen];
}

test("status, body and fields come back", async (t) => {
  const [url] = await serve(t, async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.writeHead(201, { "Content-Type": "application/json", "X-Saw": `${request.method} ${request.headers.accept} ${body}` }).end("{}");
  });
  const [status, body, ...fields] = await fetchBounded("POST", url, new TextEncoder().encode("a=1"), ["Accept", "application/json"]);
  const at = (name) => fields[fields.indexOf(name) + 1];
  assert.deepEqual([status, text(body), at("content-type"), at("x-saw")], ["201", "{}", "application/json", "POST application/json a=1"]);
});

test("a redirect is told, not followed", async (t) => {
  const [url, seen] = await serve(t, (_, response) => response.writeHead(302, { Location: "/elsewhere" }).end());
  const [status] = await fetchBounded("GET", url, none, []);
  assert.deepEqual([status, seen.count], ["302", 1]);
});

test("only https, or http of this machine", async (t) => {
  for (const url of ["http://example.com/", "http://127.0.0.1.example.com/", "http://localhost.example.com/", "http://not-localhost/", "http://localhost:80@10.0.0.1/", "ftp://localhost/", "data:,x", "file:///etc/passwd", "http://10.0.0.1/"]) {
    await assert.rejects(fetchBounded("GET", url, none, []), /only https/, url);
  }
  await assert.rejects(fetchBounded("GET", "not a URL", none, []));
});

test("an answer that is too large is given up, also when it was compressed", async (t) => {
  const exact = Buffer.alloc(1 << 20), over = Buffer.alloc((1 << 20) + 1);
  const [url] = await serve(t, (request, response) => {
    if (request.url === "/bomb") return response.writeHead(200, { "Content-Encoding": "gzip" }).end(gzipSync(Buffer.alloc(50 << 20)));
    response.end(request.url === "/over" ? over : exact);
  });
  assert.equal((await fetchBounded("GET", url, none, []))[1].length, exact.length);
  await assert.rejects(fetchBounded("GET", `${url}over`, none, []), /too large/);
  await assert.rejects(fetchBounded("GET", `${url}bomb`, none, []), /too large/);
});

test("a stream is read to its bound and no further", async () => {
  let pulled = 0, cancelled = false;
  const endless = new ReadableStream({ pull(c) { pulled++; c.enqueue(new Uint8Array(10)); }, cancel() { cancelled = true; } }, { highWaterMark: 0 });
  assert.equal((await readBounded(endless, 35)).length, 36);
  assert.deepEqual([pulled, cancelled], [4, true]);
  assert.equal((await readBounded(null, 35)).length, 0);
});
