// Entries in Durable Objects (objects.mjs), spread over many of them.

const SHARDS = Array.from({ length: 64 }, (_, i) => i.toString(16).padStart(2, "0"));
const AT_ONCE = 6; // subrequests that the platform runs side by side

// store has an object operate, or all of them, for a listing.
export async function store(namespace, shard, op, args) {
  const plain = args.texts();
  if (op === "create" || op === "replace") plain[2] = args.bytes(2); // the value
  const ask = (name) => namespace.get(namespace.idFromName(name)).operate(op, plain);
  if (shard !== "*") return ask(shard);
  const rows = [];
  const waiting = ["revoked", "ban", ...SHARDS];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let name; (name = waiting.shift()); ) {
      const [how, ...found] = await ask(name);
      if (how !== "done") throw new Error(`the object ${name} answered ${how}`);
      for (let i = 0; i < found.length; i += 4) rows.push(found.slice(i, i + 4));
    }
  }));
  rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return ["done", ...rows.slice(0, Number(plain[2])).flat()];
}
