#!/bin/bash
# The guess: a certified OpenID provider takes prompt=select_account, which OpenID Connect Core 1.0 section 3.1.2.1
# defines beside login and consent; one that does not would say so in prompt_values_supported of its metadata.
# What happens: oidc-provider answers prompt=select_account with the error invalid_request, "unsupported prompt value
# requested", unless its interaction policy is extended, and its metadata has no prompt_values_supported to tell by.
# A client has to know the provider, or to fall back to prompt=login.
# Seen with npm oidc-provider 9.13.3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact oidc-provider@9.13.3 >/dev/null
cat > ask.mjs <<'JS'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

console.warn = console.info = () => {}
const server = createServer().listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const issuer = `http://127.0.0.1:${server.address().port}`
const provider = new Provider(issuer, {
  clients: [{ client_id: 'app', client_secret: 'a secret of this example', redirect_uris: ['https://app.example.com/callback'] }],
})
server.on('request', provider.callback())

const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
const query = (prompt) => new URLSearchParams({
  client_id: 'app', response_type: 'code', scope: 'openid', redirect_uri: 'https://app.example.com/callback',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', state: 's', prompt,
})
const seen = { 'prompt_values_supported in metadata': 'prompt_values_supported' in metadata }
for (const prompt of ['login', 'consent', 'select_account']) {
  const answer = await fetch(`${issuer}/auth?${query(prompt)}`, { redirect: 'manual' })
  const to = new URL(answer.headers.get('location') ?? 'about:blank', issuer)
  seen[prompt] = to.searchParams.get('error')
    ? `${to.searchParams.get('error')}: ${to.searchParams.get('error_description')}`
    : `${answer.status} ${to.pathname.replace(/[^/]*$/, '…')}`
}
server.close()
console.log(JSON.stringify(seen, null, 1))
const expected = seen['prompt_values_supported in metadata'] === false && seen.login.startsWith('303') &&
  seen.select_account === 'invalid_request: unsupported prompt value requested'
process.exit(expected ? 0 : 1)
JS
echo "oidc-provider $(node -p 'JSON.parse(require("fs").readFileSync("node_modules/oidc-provider/package.json")).version'), Node $(node --version)"
node ask.mjs 2>/dev/null
