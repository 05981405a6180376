// What the Worker is measured beside: authentication as tutorials for this
// platform write it, with jose for tokens and sessions in Workers KV.

import { createRemoteJWKSet, jwtVerify } from "./jose/index.js";

const LIFETIME = 86_400; // seconds
let keys;

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/login") return login(env);
    const user = await bearer(request, env) ?? await session(request, env);
    if (!user) return Response.json({ error: "unauthorized" }, { status: 401 });
    const headers = new Headers(request.headers);
    headers.delete("Authorization");
    headers.delete("Cookie");
    headers.set("X-Auth-Subject", user);
    return fetch(new Request(env.ORIGIN + url.pathname + url.search, { method: request.method, headers, body: request.body, redirect: "manual" }));
  },
};

async function bearer(request, env) {
  const [, token] = request.headers.get("Authorization")?.match(/^Bearer (.+)$/) ?? [];
  if (!token) return null;
  keys ??= createRemoteJWKSet(new URL(env.JWKS));
  try {
    const { payload } = await jwtVerify(token, keys, { issuer: env.ISSUER, audience: env.AUDIENCE, algorithms: ["RS256"], typ: "at+jwt" });
    return payload.sub;
  } catch {
    return null;
  }
}

async function session(request, env) {
  const [, id] = request.headers.get("Cookie")?.match(/(?:^|;\s*)session=([^;]+)/) ?? [];
  const found = id && await env.EDGEWARD_KV.get(`session:${id}`, "json");
  return found && found.expires > Date.now() ? found.user : null;
}

async function login(env) {
  const id = crypto.randomUUID();
  await env.EDGEWARD_KV.put(`session:${id}`, JSON.stringify({ user: "bob", expires: Date.now() + LIFETIME * 1000 }), { expirationTtl: LIFETIME });
  return new Response(null, { status: 204, headers: { "Set-Cookie": `session=${id}; Secure; HttpOnly; SameSite=Lax; Path=/` } });
}
