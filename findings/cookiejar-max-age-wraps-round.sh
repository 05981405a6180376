#!/bin/bash
# The guess: a Max-Age that is too large for a client is as good as "never" there. RFC 6265 section 5.2.2 has no largest
# value, and a client may cut a date that it cannot represent to the last one that it can (section 5.2.1).
# What happens: the cookie jar of Go's net/http counts the seconds in an int64 of nanoseconds, and the product wraps round.
# 9223372036 (292 years) is the last value that always works; with 31536000000, a thousand years, the cookie is dropped as
# one that has expired, and with 99999999999, which is more, it is kept again. tough-cookie (npm) keeps every one. A login
# that works in a browser then fails in a Go client or test with nothing logged; a server that means "never" should write
# at most 34560000 (400 days), which is as long as browsers keep a cookie.
# Seen with Go 1.26.8 (net/http/cookiejar) and npm tough-cookie 6.1.0.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
)

func main() {
	for _, age := range os.Args[1:] {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				w.Header().Set("Set-Cookie", "session=one; Path=/; Max-Age="+age)
			}
			io.WriteString(w, r.Header.Get("Cookie"))
		}))
		jar, _ := cookiejar.New(nil)
		client := &http.Client{Jar: jar}
		get(client, server.URL+"/login")
		fmt.Printf("%s: Go sends %q\n", age, get(client, server.URL+"/"))
		server.Close()
	}
}

func get(client *http.Client, url string) string {
	answer, err := client.Get(url)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}
GO
cat > main.mjs <<'JS'
import { CookieJar } from 'tough-cookie'

for (const age of process.argv.slice(2)) {
  const jar = new CookieJar()
  await jar.setCookie(`session=one; Path=/; Max-Age=${age}`, 'https://app.example.com/login')
  console.log(`${age}: tough-cookie sends ${JSON.stringify(await jar.getCookieString('https://app.example.com/'))}`)
}
JS
export GOPATH="$work/gopath"
go mod init example.com/probe 2>/dev/null
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact tough-cookie@6.1.0 >/dev/null
ages="34560000 9223372036 9223372037 9999999999 31536000000 99999999999"
go run . $ages > seen
node main.mjs $ages >> seen
echo "$(go version | cut -d' ' -f3), Node $(node --version)"
cat seen
diff seen - <<'EXPECTED'
34560000: Go sends "session=one"
9223372036: Go sends "session=one"
9223372037: Go sends ""
9999999999: Go sends ""
31536000000: Go sends ""
99999999999: Go sends "session=one"
34560000: tough-cookie sends "session=one"
9223372036: tough-cookie sends "session=one"
9223372037: tough-cookie sends "session=one"
9999999999: tough-cookie sends "session=one"
31536000000: tough-cookie sends "session=one"
99999999999: tough-cookie sends "session=one"
EXPECTED
