// The Durable Object that keeps entries. Its methods run on one thread and
// without a pause between reading and writing, so each is one step; the platform
// holds back an answer until what it tells of is on disk.

import { DurableObject } from "cloudflare:workers";

const SWEEP = 500; // rows that one alarm removes
const SOON = 1000; // ms from now to the next alarm at the earliest
const LATE = Date.UTC(2100); // and the latest: setAlarm throws for a date after 2189, and an alarm that removes nothing is harmless
const PAGE = 1 << 20; // bytes of entries that one answer tells of, unless a single one is longer: Go takes 4 MiB

export class EdgewardStore extends DurableObject {
  #sql;

  constructor(ctx, env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    // A version is never given twice, also not after its entry has gone: the
    // counter stands by itself.
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS by_version ON entries (version);
      CREATE INDEX IF NOT EXISTS by_expiry ON entries (expires) WHERE expires > 0;
      CREATE TABLE IF NOT EXISTS counter (last INTEGER NOT NULL);
      INSERT INTO counter SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM counter);`);
  }

  // operate does one thing and returns how that went, and its results.
  async operate(op, args) {
    switch (op) {
      case "get": return this.#get(args[0]);
      case "create": return this.#create(...args);
      case "replace": return this.#replace(...args);
      case "delete": this.#sql.exec("DELETE FROM entries WHERE key = ?", args[0]); return ["done"];
      case "list": return this.#list(...args);
      case "changes": return this.#changes(...args);
      default: throw new Error(`unknown operation ${op}`);
    }
  }

  // An entry that has expired is absent, whether it was swept or not.
  #find(key) {
    return this.#sql.exec("SELECT key, value, version, expires FROM entries WHERE key = ? AND (expires = 0 OR expires > ?)", key, Date.now()).toArray()[0];
  }

  #get(key) {
    const row = this.#find(key);
    return row ? ["done", ...tell(row)] : ["not_found"];
  }

  #create(key, _old, value, expires) {
    return this.#find(key) ? ["exists"] : this.#put(key, value, expires);
  }

  #replace(key, old, value, expires) {
    const row = this.#find(key);
    return row && String(row.version) === old ? this.#put(key, value, expires) : ["conflict"];
  }

  async #put(key, value, expires) {
    const { last } = this.#sql.exec("UPDATE counter SET last = last + 1 RETURNING last").one();
    this.#sql.exec("INSERT OR REPLACE INTO entries (key, value, version, expires) VALUES (?, ?, ?, ?)", key, value, last, Number(expires));
    if (Number(expires)) await this.#wake(Number(expires));
    return ["done", String(last)];
  }

  #list(prefix, after, limit) {
    const rows = this.#sql.exec(
      "SELECT key, value, version, expires FROM entries WHERE key > ?1 AND key >= ?2 AND key < ?3 AND (expires = 0 OR expires > ?4) ORDER BY key LIMIT ?5",
      after, prefix, prefix + "\x7f", Date.now(), Number(limit)).toArray(); // keys are printable ASCII
    return ["done", ...rows.flatMap(tell)];
  }

  // #changes says first whether there are "more" than it tells of, or that this is the "end".
  #changes(prefix, since, limit) {
    const rows = this.#sql.exec(
      "SELECT key, value, version, expires FROM entries WHERE version > ?1 AND key >= ?2 AND key < ?3 ORDER BY version LIMIT ?4",
      Number(since), prefix, prefix + "\x7f", Number(limit) + 1);
    const told = [];
    let size = 0;
    for (const row of rows) {
      size += row.key.length + row.value.byteLength;
      if (told.length === Number(limit) || told.length > 0 && size > PAGE) return ["done", "more", ...told.flatMap(tell)];
      told.push(row);
    }
    return ["done", "end", ...told.flatMap(tell)];
  }

  async #wake(at) {
    const due = await this.ctx.storage.getAlarm();
    const soon = Math.max(at, Date.now() + SOON);
    if (due === null || due > soon) await this.ctx.storage.setAlarm(Math.min(soon, LATE));
  }

  // alarm removes what has expired, in small steps.
  async alarm() {
    this.#sql.exec("DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE expires > 0 AND expires <= ? ORDER BY expires LIMIT ?)", Date.now(), SWEEP);
    const next = this.#sql.exec("SELECT min(expires) AS at FROM entries WHERE expires > 0").one().at;
    if (next !== null) await this.#wake(next);
  }
}

function tell(row) {
  return [row.key, new Uint8Array(row.value), String(row.version), String(row.expires)];
}
