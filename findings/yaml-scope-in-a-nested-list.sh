#!/bin/bash
# The guess: "{name: shop, scopes: [orders:read, openid]}" holds a list of two texts in every YAML library. A colon ends a
# plain scalar only before white space or, inside brackets, before one of ",[]{}" (YAML 1.2.2 section 7.3.3), which OAuth
# scopes and URLs with a port rely on.
# What happens: in goccy/go-yaml it depends on what is around the list. As the value of a block mapping it is read as two
# texts, and so is a scope as the value of a flow mapping; in a list inside a flow mapping the same text is cut at the
# colon and becomes a mapping, {orders: read}. yaml.v3 (Go), yaml and js-yaml (npm) read two texts everywhere. Quotes help.
# Seen with Go modules goccy/go-yaml v1.19.2 and gopkg.in/yaml.v3 v3.0.1, npm yaml 2.9.1 and js-yaml 5.5.0.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir docs
echo '{name: shop, scopes: [orders:read, openid]}' > docs/nested
echo 'scopes: [orders:read, openid]' > docs/alone
echo '{name: shop, scope: orders:read}' > docs/text
echo '{name: shop, scopes: ["orders:read", openid]}' > docs/quoted
cat > main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	goccy "github.com/goccy/go-yaml"
	v3 "gopkg.in/yaml.v3"
)

func main() {
	for _, name := range []string{"nested", "alone", "text", "quoted"} {
		text, _ := os.ReadFile("docs/" + name)
		var one, other any
		fail(goccy.Unmarshal(text, &one))
		fail(v3.Unmarshal(text, &other))
		a, _ := json.Marshal(one)
		b, _ := json.Marshal(other)
		fmt.Printf("%s: goccy/go-yaml %s\n%s: yaml.v3 %s\n", name, a, name, b)
	}
}

func fail(err error) {
	if err != nil {
		panic(err)
	}
}
GO
export GOPATH="$work/gopath" GOFLAGS=-mod=mod
go mod init example.com/probe 2>/dev/null
go get github.com/goccy/go-yaml@v1.19.2 gopkg.in/yaml.v3@v3.0.1 2>/dev/null
go run . > seen 2>/dev/null
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact yaml@2.9.1 js-yaml@5.5.0 >/dev/null
cat > main.mjs <<'JS'
import { readFileSync } from 'node:fs'
import * as jsYaml from 'js-yaml'
import { parse } from 'yaml'

const text = readFileSync('docs/nested', 'utf8')
console.log(`nested: yaml ${JSON.stringify(parse(text))}`)
console.log(`nested: js-yaml ${JSON.stringify(jsYaml.load(text))}`)
JS
node main.mjs >> seen
echo "$(go version | cut -d' ' -f3), Node $(node --version)"
cat seen
diff seen - <<'EXPECTED'
nested: goccy/go-yaml {"name":"shop","scopes":[{"orders":"read"},"openid"]}
nested: yaml.v3 {"name":"shop","scopes":["orders:read","openid"]}
alone: goccy/go-yaml {"scopes":["orders:read","openid"]}
alone: yaml.v3 {"scopes":["orders:read","openid"]}
text: goccy/go-yaml {"name":"shop","scope":"orders:read"}
text: yaml.v3 {"name":"shop","scope":"orders:read"}
quoted: goccy/go-yaml {"name":"shop","scopes":["orders:read","openid"]}
quoted: yaml.v3 {"name":"shop","scopes":["orders:read","openid"]}
nested: yaml {"name":"shop","scopes":["orders:read","openid"]}
nested: js-yaml {"name":"shop","scopes":["orders:read","openid"]}
EXPECTED
