#!/bin/bash
# The guess: 7 in the last field of a cron line is Sunday, as 0 is; every crontab has it so.
# What happens: it depends on the library. @breejs/later (npm, made for Bree) takes the line and runs on Saturday, and with
# 5-7 on Friday and Saturday alone. robfig/cron (Go) refuses both, "end of range (7) above maximum (6)". gronx (Go), croner,
# cron, cron-parser and node-cron (npm) have Sunday. A clean-up of sessions or a rotation of keys whose line may come to
# another program should say 0 or SUN, which all of them take for Sunday.
# Seen with Go modules robfig/cron v3.0.1 and adhocore/gronx v1.20.4, and npm @breejs/later 4.2.0, croner 11.0.1, cron 4.4.0,
# cron-parser 5.10.6 and node-cron 4.6.0.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
export TZ=UTC
cat > main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/adhocore/gronx"
	"github.com/robfig/cron/v3"
)

func main() {
	for _, line := range os.Args[1:] {
		if schedule, err := cron.ParseStandard(line); err != nil {
			fmt.Printf("%s: robfig/cron: refused: %v\n", line, err)
		} else {
			fmt.Printf("%s: robfig/cron: %s\n", line, days(schedule.Next))
		}
		fmt.Printf("%s: gronx: %s\n", line, days(func(t time.Time) time.Time {
			t, err := gronx.NextTickAfter(line, t, false)
			if err != nil {
				panic(err)
			}
			return t
		}))
	}
}

// days gives the days of the runs of a week.
func days(next func(time.Time) time.Time) string {
	var said string
	monday := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	for t := next(monday); t.Before(monday.AddDate(0, 0, 7)); t = next(t) {
		said += t.Format("Mon ")
	}
	return said
}
GO
cat > main.mjs <<'JS'
import later from '@breejs/later'
import { CronTime } from 'cron'
import { CronExpressionParser } from 'cron-parser'
import { Cron } from 'croner'
import nodeCron from 'node-cron'

later.date.UTC()
const monday = new Date('2026-06-01T00:00:00Z')
const day = (date) => date.toUTCString().slice(0, 3)
const libraries = {
  '@breejs/later': (line) => later.schedule(later.parse.cron(line)).next(7, monday),
  croner: (line) => new Cron(line, { timezone: 'UTC', paused: true }).nextRuns(7, monday),
  cron: (line) => {
    const runs = [], time = new CronTime(line, 'UTC')
    for (let at = monday; runs.length < 7; runs.push(at)) at = time.getNextDateFrom(at, 'UTC').toJSDate()
    return runs
  },
  'cron-parser': (line) => {
    const schedule = CronExpressionParser.parse(line, { currentDate: monday, tz: 'UTC' })
    return Array.from({ length: 7 }, () => schedule.next().toDate())
  },
  'node-cron': (line) => nodeCron.createTask(line, () => {}, { timezone: 'UTC' }).getNextRuns(7),
}
const order = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
for (const line of process.argv.slice(2)) {
  for (const [name, runs] of Object.entries(libraries)) {
    const days = new Set(runs(line).map(day))
    console.log(`${line}: ${name}: ${order.filter((one) => days.has(one)).join(' ')}`)
  }
}
process.exit()
JS
export GOPATH="$work/gopath" GOFLAGS=-mod=mod
go mod init example.com/probe 2>/dev/null
go get github.com/robfig/cron/v3@v3.0.1 github.com/adhocore/gronx@v1.20.4 2>/dev/null
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact @breejs/later@4.2.0 croner@11.0.1 cron@4.4.0 cron-parser@5.10.6 node-cron@4.6.0 >/dev/null
lines=('0 3 * * 0' '0 3 * * SUN' '0 3 * * 7' '0 3 * * 5-7')
go run . "${lines[@]}" | sed 's/ $//' > seen
node main.mjs "${lines[@]}" >> seen
echo "$(go version | cut -d' ' -f3), Node $(node --version)"
cat seen
diff seen - <<'EXPECTED'
0 3 * * 0: robfig/cron: Sun
0 3 * * 0: gronx: Sun
0 3 * * SUN: robfig/cron: Sun
0 3 * * SUN: gronx: Sun
0 3 * * 7: robfig/cron: refused: end of range (7) above maximum (6): 7
0 3 * * 7: gronx: Sun
0 3 * * 5-7: robfig/cron: refused: end of range (7) above maximum (6): 5-7
0 3 * * 5-7: gronx: Fri Sat Sun
0 3 * * 0: @breejs/later: Sun
0 3 * * 0: croner: Sun
0 3 * * 0: cron: Sun
0 3 * * 0: cron-parser: Sun
0 3 * * 0: node-cron: Sun
0 3 * * SUN: @breejs/later: Sun
0 3 * * SUN: croner: Sun
0 3 * * SUN: cron: Sun
0 3 * * SUN: cron-parser: Sun
0 3 * * SUN: node-cron: Sun
0 3 * * 7: @breejs/later: Sat
0 3 * * 7: croner: Sun
0 3 * * 7: cron: Sun
0 3 * * 7: cron-parser: Sun
0 3 * * 7: node-cron: Sun
0 3 * * 5-7: @breejs/later: Fri Sat
0 3 * * 5-7: croner: Fri Sat Sun
0 3 * * 5-7: cron: Fri Sat Sun
0 3 * * 5-7: cron-parser: Fri Sat Sun
0 3 * * 5-7: node-cron: Fri Sat Sun
EXPECTED
