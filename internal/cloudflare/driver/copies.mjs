// Copies in Workers KV. They may be a minute old, they may be missing, and a
// write may get lost: none of that is anybody's trouble.

const CACHE = 60; // seconds that a copy stays near its readers; KV's minimum is 30
const SHORTEST = 60; // seconds that KV keeps anything
const PAUSE = 1000; // ms between two writes of a key, of which KV takes one a second
const LARGEST = 2 << 20; // bytes of a copy; a key set has half of that at most
const MOST = 1024; // keys whose last write is remembered

const written = new Map(); // key → when

// copies returns get and put over a binding; without one there are no copies.
export function copies(namespace, ctx) {
  return {
    async get(key) {
      const value = await namespace?.get(key, { type: "arrayBuffer", cacheTtl: CACHE });
      return value && value.byteLength <= LARGEST ? [new Uint8Array(value)] : [];
    },

    // put does not wait for the write: an answer does not depend on it.
    put(key, value, ttl) {
      const now = Date.now();
      if (!namespace || now - (written.get(key) ?? -PAUSE) < PAUSE) return [];
      if (written.size >= MOST) written.clear();
      written.set(key, now);
      ctx.waitUntil(namespace.put(key, value, { expirationTtl: Math.max(ttl, SHORTEST) }).catch(() => {}));
      return [];
    },
  };
}
