#!/bin/bash
# The guess: Options.MaxAge of a gorilla/sessions store is how long its sessions live: with 90 days there, which the cookie
# then says too, a browser that comes back after 60 days is still signed in.
# What happens: Options.MaxAge is the cookie's attribute alone. The codec that seals the value keeps the 30 days that
# NewCookieStore gave it, and a cookie older than that is refused with "securecookie: expired timestamp", so users are
# signed out two months before the cookie ends. The store's method MaxAge(seconds) sets both. A gateway that takes over such
# cookies has to refuse by the date inside them, and an estimate of how long people stay signed in by the cookie is too high.
# Seen with Go modules gorilla/sessions v1.4.0 and gorilla/securecookie v1.1.2. A month cannot be waited for here: the
# probe makes a cookie older by writing an earlier date in it and sealing it again with the store's own key.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > main.go <<'GO'
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gorilla/sessions"
)

var key = []byte("a key of this example, 32 octets")

const days = 24 * 60 * 60

func main() {
	field := sessions.NewCookieStore(key)
	field.Options.MaxAge = 90 * days
	look("Options.MaxAge", field)

	method := sessions.NewCookieStore(key)
	method.MaxAge(90 * days)
	look("MaxAge()", method)
}

func look(name string, store *sessions.CookieStore) {
	answer := httptest.NewRecorder()
	request := httptest.NewRequest("GET", "/", nil)
	session, err := store.Get(request, "s")
	fail(err)
	session.Values["user"] = "ann"
	fail(session.Save(request, answer))
	cookie := answer.Result().Cookies()[0]
	fmt.Printf("%s: Max-Age of %d days\n", name, cookie.MaxAge/days)

	for _, age := range []int{29, 31, 60} {
		request := httptest.NewRequest("GET", "/", nil)
		request.AddCookie(&http.Cookie{Name: "s", Value: older(cookie.Value, age)})
		session, err := store.Get(request, "s")
		fmt.Printf("%s: after %d days: user %v, error %v\n", name, age, session.Values["user"], err)
	}
}

// older gives the cookie that the store wrote with a date of some days ago.
func older(value string, age int) string {
	raw, err := base64.URLEncoding.DecodeString(value)
	fail(err)
	parts := bytes.SplitN(raw, []byte("|"), 3)
	dated := fmt.Appendf(nil, "%d|%s", time.Now().Unix()-int64(age)*days, parts[1])
	seal := hmac.New(sha256.New, key)
	seal.Write(append([]byte("s|"), dated...))
	return base64.URLEncoding.EncodeToString(seal.Sum(append(dated, '|')))
}

func fail(err error) {
	if err != nil {
		panic(err)
	}
}
GO
export GOPATH="$work/gopath" GOFLAGS=-mod=mod
go mod init example.com/probe 2>/dev/null
go get github.com/gorilla/sessions@v1.4.0 github.com/gorilla/securecookie@v1.1.2 2>/dev/null
go run . > seen
echo "$(go version | cut -d' ' -f3)"
cat seen
diff seen - <<'EXPECTED'
Options.MaxAge: Max-Age of 90 days
Options.MaxAge: after 29 days: user ann, error <nil>
Options.MaxAge: after 31 days: user <nil>, error securecookie: expired timestamp
Options.MaxAge: after 60 days: user <nil>, error securecookie: expired timestamp
MaxAge(): Max-Age of 90 days
MaxAge(): after 29 days: user ann, error <nil>
MaxAge(): after 31 days: user ann, error <nil>
MaxAge(): after 60 days: user ann, error <nil>
EXPECTED
