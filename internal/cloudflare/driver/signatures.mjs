// Signatures by WebCrypto. What a key may be used for, and how strong it must
// be, was judged in Go, where its set was parsed.

const ALGORITHMS = {
  ...Object.fromEntries([256, 384, 512].flatMap((bits) => [
    [`RS${bits}`, { name: "RSASSA-PKCS1-v1_5", hash: `SHA-${bits}` }],
    [`PS${bits}`, { name: "RSA-PSS", hash: `SHA-${bits}`, saltLength: bits / 8 }], // RFC 7518 §3.5
  ])),
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256", size: 64 }, // bytes of r and s, RFC 7518 §3.4
  ES384: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384", size: 96 },
  ES512: { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512", size: 132 },
  EdDSA: { name: "Ed25519", size: 64 },
};
const MOST = 256; // keys

const imported = new Map(); // algorithm and key set → CryptoKey, the oldest first

// verify says "1" or "0". A key that cannot be used says neither.
export async function verify(alg, set, data, signature) {
  const algorithm = ALGORITHMS[alg];
  if (!algorithm) throw new Error("the algorithm is unknown");
  const key = await cryptoKey(alg, algorithm, set);
  if (signature.length !== (algorithm.size ?? Math.ceil(key.algorithm.modulusLength / 8))) return ["0"];
  return [await crypto.subtle.verify(algorithm, key, signature, data) ? "1" : "0"];
}

// cryptoKey remembers keys, not promises of keys: those belong to a request.
async function cryptoKey(alg, algorithm, set) {
  const name = `${alg} ${set}`;
  let key = imported.get(name);
  if (key) return key;
  const { kty, n, e, crv, x, y } = JSON.parse(set).keys[0];
  key = await crypto.subtle.importKey("jwk", { kty, n, e, crv, x, y }, algorithm, false, ["verify"]);
  if (imported.size >= MOST) imported.delete(imported.keys().next().value);
  imported.set(name, key);
  return key;
}
