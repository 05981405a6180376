#!/bin/bash
# The guess: RFC 7517 section 5 has a reader of a JWK Set ignore the keys whose kty, members or parameters it does not
# know, so an issuer can publish a key of another kind (X25519 for encryption, secp256k1, ML-DSA) beside its ES256 key.
# What happens: it depends on the library. jwx (Go) refuses the whole set for one key of an unknown kty or curve, unless
# jwk.WithIgnoreParseError is given. node-jose refuses it for every OKP key, a kty that RFC 8037 defined in 2017.
# json.Unmarshal into the JSONWebKeySet of go-jose (Go) fails for each of them, and no option makes it go on. jose and
# jwks-rsa (npm) use the ES256 key.
# Seen with Go modules jwx v3.4.0 and go-jose v4.1.9, and with npm node-jose 2.2.0, jose 6.2.18 and jwks-rsa 4.1.0.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir "$work/go" "$work/node"

cat > "$work/sets.json" <<'JSON'
{
 "X25519": {"kty":"OKP","kid":"other","use":"enc","alg":"ECDH-ES","crv":"X25519","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"},
 "secp256k1": {"kty":"EC","kid":"other","alg":"ES256K","crv":"secp256k1","x":"WKn-ZIGevcwGIyyrzFoZNBdaq9_TsqzGl96oc0CWuis","y":"y77t-RvAHRKTsSGdIYUfweuOvwrvDD-Q3Hv5J0fSKbE"},
 "unknown kty": {"kty":"AKP","kid":"other","alg":"ML-DSA-44","pub":"AAAA"}
}
JSON
good='{"kty":"EC","kid":"good","alg":"ES256","use":"sig","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}'

cd "$work/go"
cat > main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

func main() {
	text, _ := os.ReadFile("../sets.json")
	others := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &others); err != nil {
		panic(err)
	}
	for _, name := range []string{"X25519", "secp256k1", "unknown kty"} {
		set := []byte(`{"keys":[` + string(others[name]) + `,` + os.Args[1] + `]}`)
		parsed, err := jwk.Parse(set)
		if err != nil {
			fmt.Printf("%s: jwx: refused\n", name)
		} else {
			fmt.Printf("%s: jwx: %d keys\n", name, parsed.Len())
		}
		lenient, err := jwk.Parse(set, jwk.WithIgnoreParseError(true))
		if err == nil {
			_, found := lenient.LookupKeyID("good")
			fmt.Printf("%s: jwx with WithIgnoreParseError: found %t\n", name, found)
		}
		var keys jose.JSONWebKeySet
		err = json.Unmarshal(set, &keys)
		fmt.Printf("%s: go-jose: error %t, found %t\n", name, err != nil, len(keys.Key("good")) > 0)
	}
}
GO
export GOPATH="$work/gopath" GOFLAGS=-mod=mod
go mod init example.com/probe 2>/dev/null
go get github.com/lestrrat-go/jwx/v3@v3.4.0 github.com/go-jose/go-jose/v4@v4.1.9 2>/dev/null
go run . "$good" > "$work/seen"

cd "$work/node"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact node-jose@2.2.0 jose@6.2.18 jwks-rsa@4.1.0 >/dev/null
cat > main.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createLocalJWKSet } from 'jose'
import nodeJose from 'node-jose'
import jwksRsa from 'jwks-rsa'

const good = JSON.parse(process.argv[2])
for (const [name, other] of Object.entries(JSON.parse(readFileSync('../sets.json')))) {
  const set = { keys: [other, good] }
  const say = async (library, find) => {
    console.log(`${name}: ${library}: ${await find().catch(() => 'refused')}`)
  }
  await say('jose', async () => (await createLocalJWKSet(set)({ alg: 'ES256', kid: 'good' })).type)
  await say('node-jose', async () => (await nodeJose.JWK.asKeyStore(set)).all().map((key) => key.kid).join(' '))
  const server = createServer((_, answer) => answer.setHeader('content-type', 'application/json').end(JSON.stringify(set)))
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  await say('jwks-rsa', async () => {
    const keys = await jwksRsa({ jwksUri: `http://127.0.0.1:${server.address().port}` }).getSigningKeys()
    return keys.map((key) => key.kid).join(' ')
  })
  server.close()
}
JS
node main.mjs "$good" >> "$work/seen"

echo "$(go version | cut -d' ' -f3), Node $(node --version)"
cat "$work/seen"
diff "$work/seen" - <<'EXPECTED'
X25519: jwx: 2 keys
X25519: jwx with WithIgnoreParseError: found true
X25519: go-jose: error true, found false
secp256k1: jwx: refused
secp256k1: jwx with WithIgnoreParseError: found true
secp256k1: go-jose: error true, found false
unknown kty: jwx: refused
unknown kty: jwx with WithIgnoreParseError: found true
unknown kty: go-jose: error true, found false
X25519: jose: public
X25519: node-jose: refused
X25519: jwks-rsa: good
secp256k1: jose: public
secp256k1: node-jose: other good
secp256k1: jwks-rsa: good
unknown kty: jose: public
unknown kty: node-jose: refused
unknown kty: jwks-rsa: good
EXPECTED
