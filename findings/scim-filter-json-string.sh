#!/bin/bash
# The guess: the value in a SCIM filter is a JSON string (RFC 7644 section 3.4.2.2 takes it from RFC 7159), so a client may
# write userName eq "jos\u00e9", as the JSON encoders of several languages do with every letter beyond ASCII, and the
# server's parser gives back the text that was meant.
# What happens: none of three parsers decodes it. filter-parser (Go) hands out the text between the quotes as it
# stands, \" and \\ included, and refuses \u with a digit in lower case. scim2-parse-filter (npm) decodes \" alone, and
# refuses a value that ends with a backslash. SCIMMY (npm) refuses a value with \" in it. Elsewhere the
# escapes stay in the text, so the filter matches no one, and a client that asks whether a user exists before it creates
# one is told no. A server has to decode what the parser gives; a client does best to send plain UTF-8.
# Seen with Go module github.com/scim2/filter-parser v2.3.1, npm scim2-parse-filter 0.2.10 and scimmy 1.3.5.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > filters <<'TEXT'
userName eq "josé"
userName eq "jos\u00e9"
userName eq "jos\u00E9"
userName eq "a\/b"
userName eq "a\"b"
userName eq "EXAMPLE\\ann"
userName eq "ann\\"
TEXT
cat > main.go <<'GO'
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	filter "github.com/scim2/filter-parser/v2"
)

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var meant string
		value := strings.TrimPrefix(lines.Text(), "userName eq ")
		if err := json.Unmarshal([]byte(value), &meant); err != nil {
			panic(err)
		}
		parsed, err := filter.ParseFilter(lines.Bytes())
		if err != nil {
			fmt.Printf("filter-parser: %s: refused\n", value)
			continue
		}
		got := parsed.(*filter.AttributeExpression).CompareValue
		fmt.Printf("filter-parser: %s: as meant %t\n", value, got == meant)
	}
}
GO
cat > main.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { parse } from 'scim2-parse-filter'
import scimmy from 'scimmy'

for (const filter of readFileSync('filters', 'utf8').trim().split('\n')) {
  const value = filter.replace('userName eq ', '')
  const say = (name, ask) => {
    let said
    try { said = `as meant ${ask()}` } catch { said = 'refused' }
    console.log(`${name}: ${value}: ${said}`)
  }
  say('scim2-parse-filter', () => parse(filter).compValue === JSON.parse(value))
  say('SCIMMY', () => new scimmy.Types.Filter(filter).match([{ userName: JSON.parse(value) }]).length === 1)
}
JS
export GOPATH="$work/gopath" GOFLAGS=-mod=mod
go mod init example.com/probe 2>/dev/null
go get github.com/scim2/filter-parser/v2@v2.3.1 2>/dev/null
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact scim2-parse-filter@0.2.10 scimmy@1.3.5 >/dev/null
go run . < filters > seen
node main.mjs >> seen
echo "$(go version | cut -d' ' -f3), Node $(node --version)"
cat seen
diff seen - <<'EXPECTED'
filter-parser: "josé": as meant true
filter-parser: "jos\u00e9": refused
filter-parser: "jos\u00E9": as meant false
filter-parser: "a\/b": as meant false
filter-parser: "a\"b": as meant false
filter-parser: "EXAMPLE\\ann": as meant false
filter-parser: "ann\\": as meant false
scim2-parse-filter: "josé": as meant true
SCIMMY: "josé": as meant true
scim2-parse-filter: "jos\u00e9": as meant false
SCIMMY: "jos\u00e9": as meant false
scim2-parse-filter: "jos\u00E9": as meant false
SCIMMY: "jos\u00E9": as meant false
scim2-parse-filter: "a\/b": as meant false
SCIMMY: "a\/b": as meant false
scim2-parse-filter: "a\"b": as meant true
SCIMMY: "a\"b": refused
scim2-parse-filter: "EXAMPLE\\ann": as meant false
SCIMMY: "EXAMPLE\\ann": as meant false
scim2-parse-filter: "ann\\": refused
SCIMMY: "ann\\": as meant false
EXPECTED
