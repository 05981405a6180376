#!/bin/bash
# The guess: a JWE that one library makes with a password (PBES2, RFC 7518 section 4.8) and its defaults is opened by the
# others with theirs, as a private key that is kept encrypted (RFC 7517 appendix C) has to be.
# What happens: go-jose writes a count (p2c) of 600000. jose (npm) and jwx (Go) refuse each count above 10000 before they
# try the password; jwx says first that no key matched, and the count last. What jose and jwx write, all of them open. An
# encrypted key or backup that is to change programs needs a count of at most 10000 (PBES2Count in go-jose), or the limit
# raised where it is read (maxPBES2Count in jose, jwe.WithMaxPBES2Count in jwx).
# Seen with Go modules go-jose v4.1.9 and jwx v3.4.0, and npm jose 6.2.18.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > main.go <<'GO'
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwe"
)

var password = []byte("correct horse battery staple")

func main() {
	if os.Args[1] == "write" {
		write("go-jose", jose.Recipient{})
		write("go-jose-10000", jose.Recipient{PBES2Count: 10000})
		text, err := jwe.Encrypt([]byte("hello"), jwe.WithKey(jwa.PBES2_HS256_A128KW(), password))
		fail(err)
		fail(os.WriteFile("jwx", text, 0o600))
		return
	}
	for _, name := range os.Args[2:] {
		text, err := os.ReadFile(name)
		fail(err)
		var head struct {
			Count int `json:"p2c"`
		}
		raw, err := base64.RawURLEncoding.DecodeString(string(text[:bytes.IndexByte(text, '.')]))
		fail(err)
		fail(json.Unmarshal(raw, &head))
		fmt.Printf("%s: count %d\n", name, head.Count)

		parsed, err := jose.ParseEncrypted(string(text), []jose.KeyAlgorithm{jose.PBES2_HS256_A128KW}, []jose.ContentEncryption{jose.A128GCM, jose.A256GCM})
		fail(err)
		_, err = parsed.Decrypt(password)
		fmt.Printf("%s: go-jose opens it: %t\n", name, err == nil)
		_, err = jwe.Decrypt(text, jwe.WithKey(jwa.PBES2_HS256_A128KW(), password))
		fmt.Printf("%s: jwx opens it: %t\n", name, err == nil)
	}
}

func write(name string, to jose.Recipient) {
	to.Algorithm, to.Key = jose.PBES2_HS256_A128KW, password
	encrypter, err := jose.NewEncrypter(jose.A128GCM, to, nil)
	fail(err)
	object, err := encrypter.Encrypt([]byte("hello"))
	fail(err)
	text, err := object.CompactSerialize()
	fail(err)
	fail(os.WriteFile(name, []byte(text), 0o600))
}

func fail(err error) {
	if err != nil {
		panic(err)
	}
}
GO
cat > main.mjs <<'JS'
import { readFileSync, writeFileSync } from 'node:fs'
import { CompactEncrypt, compactDecrypt } from 'jose'

const password = new TextEncoder().encode('correct horse battery staple')
const [, , what, ...names] = process.argv
if (what === 'write') {
  const head = { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM' }
  writeFileSync('jose', await new CompactEncrypt(new TextEncoder().encode('hello')).setProtectedHeader(head).encrypt(password))
}
for (const name of names) {
  const open = (options) => compactDecrypt(readFileSync(name, 'utf8'), password, { keyManagementAlgorithms: ['PBES2-HS256+A128KW'], ...options })
    .then(() => true, (err) => `${err.code}: ${err.message}`)
  console.log(`${name}: jose opens it: ${await open({})}`)
  if (name === 'go-jose') console.log(`${name}: jose with maxPBES2Count: ${await open({ maxPBES2Count: 600000 })}`)
}
JS
export GOPATH="$work/gopath" GOFLAGS=-mod=mod
go mod init example.com/probe 2>/dev/null
go get github.com/go-jose/go-jose/v4@v4.1.9 github.com/lestrrat-go/jwx/v3@v3.4.0 2>/dev/null
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact jose@6.2.18 >/dev/null
go build -o probe .
./probe write
node main.mjs write
{ ./probe read go-jose go-jose-10000 jwx jose; node main.mjs read go-jose go-jose-10000 jwx; } > seen
echo "$(go version | cut -d' ' -f3), Node $(node --version)"
cat seen
diff seen - <<'EXPECTED'
go-jose: count 600000
go-jose: go-jose opens it: true
go-jose: jwx opens it: false
go-jose-10000: count 10000
go-jose-10000: go-jose opens it: true
go-jose-10000: jwx opens it: true
jwx: count 10000
jwx: go-jose opens it: true
jwx: jwx opens it: true
jose: count 2048
jose: go-jose opens it: true
jose: jwx opens it: true
go-jose: jose opens it: ERR_JWE_INVALID: JOSE Header "p2c" (PBES2 Count) out is of acceptable bounds
go-jose: jose with maxPBES2Count: true
go-jose-10000: jose opens it: true
jwx: jose opens it: true
EXPECTED
