import assert from "node:assert/strict";
import test from "node:test";
import { verify } from "../signatures.mjs";

const bytes = (s) => new TextEncoder().encode(s);
const base64url = (s) => Uint8Array.from(Buffer.from(s, "base64url"));
const set = (jwk) => JSON.stringify({ keys: [jwk] });
const says = async (alg, jwk, data, signature) => (await verify(alg, set(jwk), data, signature))[0];

const HASHED = (name, bits, more) => ({ name, hash: `SHA-${bits}`, ...more });
const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
const algorithms = {
  ...Object.fromEntries([256, 384, 512].flatMap((bits) => [
    [`RS${bits}`, HASHED("RSASSA-PKCS1-v1_5", bits, RSA)], [`PS${bits}`, HASHED("RSA-PSS", bits, { ...RSA, saltLength: bits / 8 })]])),
  ES256: HASHED("ECDSA", 256, { namedCurve: "P-256" }), ES384: HASHED("ECDSA", 384, { namedCurve: "P-384" }), ES512: HASHED("ECDSA", 512, { namedCurve: "P-521" }),
  EdDSA: { name: "Ed25519" },
};

for (const [alg, algorithm] of Object.entries(algorithms)) {
  test(`${alg}: a signature verifies, a changed one does not`, async () => {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const jwk = { ...await crypto.subtle.exportKey("jwk", publicKey), alg, use: "sig", kid: "1" };
    const data = bytes("header.payload");
    const signature = new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, data));
    assert.equal(await says(alg, jwk, data, signature), "1");
    assert.equal(await says(alg, jwk, bytes("header.payloae"), signature), "0");
    for (const at of [0, signature.length >> 1, signature.length - 1]) {
      const changed = signature.slice();
      changed[at] ^= 1;
      assert.equal(await says(alg, jwk, data, changed), "0");
    }
    for (const wrong of [new Uint8Array(), signature.slice(1), signature.slice(0, -1), Uint8Array.of(...signature, 0), Uint8Array.of(0, ...signature), new Uint8Array(signature.length), new Uint8Array(signature.length).fill(255)]) {
      assert.equal(await says(alg, jwk, data, wrong), "0", `${wrong.length} bytes`);
    }
  });
}

test("RFC 7515 A.3: ES256", async () => {
  const jwk = { kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" };
  const token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const signature = base64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  assert.equal(await says("ES256", jwk, bytes(token), signature), "1");
  const [r, s] = [signature.slice(0, 32), signature.slice(32)];
  assert.equal(await says("ES256", jwk, bytes(token), Uint8Array.of(0x30, 70, 2, 33, 0, ...r, 2, 33, 0, ...s)), "0", "DER is no JWS signature");
  assert.equal(await says("ES256", jwk, bytes(token), Uint8Array.of(...s, ...r)), "0");
});

test("RFC 8037 A.4: Ed25519", async () => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
  const data = bytes("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
  const signature = base64url("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  assert.equal(await says("EdDSA", jwk, data, signature), "1");
  const L = (1n << 252n) + 27742317777372353535851937790883648493n; // S + L is the same point: RFC 8032 §5.1.7 refuses it
  let s = signature.slice(32).reduceRight((n, b) => n << 8n | BigInt(b), 0n) + L;
  const twin = signature.slice();
  for (let i = 32; i < 64; i++, s >>= 8n) twin[i] = Number(s & 255n);
  assert.equal(await says("EdDSA", jwk, data, twin), "0");
});

test("a salt of another length is refused (RFC 7518 §3.5)", async () => {
  const algorithm = algorithms.PS256;
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const jwk = await crypto.subtle.exportKey("jwk", publicKey);
  const signature = new Uint8Array(await crypto.subtle.sign({ ...algorithm, saltLength: 20 }, privateKey, bytes("x")));
  assert.equal(await says("PS256", jwk, bytes("x"), signature), "0");
});

test("a key that is no key of the algorithm says neither yes nor no", async () => {
  const { publicKey } = await crypto.subtle.generateKey(algorithms.ES256, true, ["sign", "verify"]);
  const ec = await crypto.subtle.exportKey("jwk", publicKey);
  for (const [alg, jwk] of [["RS256", ec], ["ES384", ec], ["EdDSA", ec], ["none", ec], ["HS256", { kty: "oct", k: "AAAA" }], ["toString", ec], ["ES256", { ...ec, x: ec.y }], ["ES256", {}], ["RS256", { kty: "oct", k: "AAAA" }]]) {
    await assert.rejects(verify(alg, set(jwk), bytes("x"), new Uint8Array(64)), `${alg} with ${jwk.kty}`);
  }
});

test("an algorithm that nobody knows says neither", async () => {
  for (const alg of ["none", "HS256", "ES256K", "rs256", ""]) await assert.rejects(verify(alg, "{}", bytes("x"), new Uint8Array(64)), /unknown/);
});

test("one key serves two algorithms, each its own way", async () => {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithms.RS256, true, ["sign", "verify"]);
  const { kty, n, e } = await crypto.subtle.exportKey("jwk", publicKey);
  const signature = new Uint8Array(await crypto.subtle.sign(algorithms.RS256, privateKey, bytes("x")));
  assert.deepEqual([await says("RS256", { kty, n, e }, bytes("x"), signature), await says("PS256", { kty, n, e }, bytes("x"), signature)], ["1", "0"]);
});

test("a key is imported once, and not for ever", async (t) => {
  const importKey = t.mock.method(crypto.subtle, "importKey");
  const { publicKey } = await crypto.subtle.generateKey(algorithms.ES256, true, ["sign", "verify"]);
  const jwk = await crypto.subtle.exportKey("jwk", publicKey);
  const ask = (kid) => says("ES256", { ...jwk, kid }, bytes("x"), new Uint8Array(64));
  await ask("first");
  await ask("first");
  assert.equal(importKey.mock.callCount(), 1);
  for (let i = 0; i < 256; i++) await ask(String(i));
  await ask("first");
  assert.equal(importKey.mock.callCount(), 258);
});
