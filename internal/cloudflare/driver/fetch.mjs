// Requests to identity providers: for their keys, and for tokens.

import { readBounded } from "./body.mjs";

const PATIENCE = 10_000; // ms for the whole answer
const LARGEST = 1 << 20; // bytes of an answer, after decompression

// fetchBounded returns status, body, and names and values of header fields. It
// follows no redirect: where that leads was not vetted.
export async function fetchBounded(method, url, body, fields) {
  const target = new URL(url);
  if (!vetted(target)) throw new Error("only https, or http of this machine");
  const headers = new Headers();
  for (let i = 0; i < fields.length; i += 2) headers.append(fields[i], fields[i + 1]);
  const response = await fetch(target, {
    method, headers, body: body.length ? body : undefined, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE),
  });
  const content = await readBounded(response.body, LARGEST);
  if (content.length > LARGEST) throw new Error("the answer is too large");
  return [String(response.status), content, ...[...response.headers].flat()];
}

function vetted({ protocol, hostname }) {
  return protocol === "https:" || protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}
