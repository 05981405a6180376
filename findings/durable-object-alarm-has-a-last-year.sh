#!/bin/bash
# The guess: the alarm of a Durable Object takes any Date of JavaScript, so an object can be told to wake up when an entry
# expires whose "never" is the year 9999, as RFC 3339 dates and many databases have it.
# What happens: setAlarm throws a TypeError, "This API doesn't support dates after 2189" (2191 it takes, 2500 not), and a
# write that sets the alarm in the same event has to decide what becomes of it. An expiry has to be cut to a date
# that the platform takes, and looked at again then.
# Seen with workerd 1.20260426.1, in npm miniflare 4.20260426.0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact miniflare@4.20260426.0 >/dev/null 2>&1
cat > ask.mjs <<'JS'
import { Miniflare } from 'miniflare'

const script = `
import { DurableObject } from 'cloudflare:workers'
export class Sleeper extends DurableObject {
  async alarm() {}
  async wake(time) {
    try {
      await this.ctx.storage.setAlarm(time)
      return 'set'
    } catch (err) {
      return err.name + ': ' + err.message
    }
  }
}
export default {
  async fetch(request, env) {
    const sleeper = env.SLEEPER.get(env.SLEEPER.idFromName('one'))
    const seen = {}
    for (const year of [2100, 2191, 2500, 9999]) seen[year] = await sleeper.wake(Date.UTC(year, 0, 2))
    return Response.json(seen)
  },
}`
const mf = new Miniflare({
  modules: true, script, compatibilityDate: '2026-04-01',
  durableObjects: { SLEEPER: { className: 'Sleeper', useSQLite: true } },
})
const seen = await (await mf.dispatchFetch('http://localhost/')).json()
await mf.dispose()
for (const [year, said] of Object.entries(seen)) console.log(`${year}: ${said}`)
JS
timeout 60 node ask.mjs > seen 2>log || { cat log; exit 1; }
echo "workerd $(node -p 'JSON.parse(require("fs").readFileSync("node_modules/workerd/package.json")).version'), Node $(node --version)"
cat seen
diff seen - <<'EXPECTED'
2100: set
2191: set
2500: TypeError: This API doesn't support dates after 2189.
9999: TypeError: This API doesn't support dates after 2189.
EXPECTED
