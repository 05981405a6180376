#!/bin/bash
# The guess: oauth2-proxy with --cookie-expire=0, which its documentation calls a session cookie that ends with the browser,
# and sessions in Redis gives the entries in Redis some life of their own, for the proxy never learns that a browser closed.
# What happens: the time of the cookie is the time of the entry. With 168h the key has 604800 seconds; with 0 it has no
# time at all, and each sign-in leaves a key that nothing but a sign-out removes. Such a Redis grows for as long as people
# close their browsers instead, the keys are none of those that a maxmemory-policy of volatile-* may evict, and a count of
# them is no count of who is signed in. An entry needs a time of its own, by a bounded --cookie-expire or by another hand.
# Seen with Go module oauth2-proxy v7.15.6, on miniredis v2.40.0 in place of a Redis server.
set -euo pipefail
work=$(mktemp -d)
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/alicebob/miniredis/v2"
)

// A Redis at the first address; the second one says what its keys have left.
func main() {
	redis := miniredis.NewMiniRedis()
	if err := redis.StartAddr(os.Args[1]); err != nil {
		panic(err)
	}
	panic(http.ListenAndServe(os.Args[2], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, key := range redis.Keys() {
			if left := redis.TTL(key); left > 0 {
				fmt.Fprintf(w, "a key with %v left\n", left)
			} else {
				fmt.Fprintln(w, "a key with no time")
			}
		}
		fmt.Fprintf(w, "keys: %d\n", len(redis.Keys()))
	})))
}
GO
export GOPATH="$work/gopath" GOFLAGS=-mod=mod
go mod init example.com/probe 2>/dev/null
go get github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6 github.com/alicebob/miniredis/v2@v2.40.0 2>/dev/null
go build -o redis . 2>/dev/null
go build -o oauth2-proxy github.com/oauth2-proxy/oauth2-proxy/v7 2>/dev/null
echo "ann:{SHA}$(printf 'a password' | openssl sha1 -binary | base64)" > users

free() { # a port that nothing listens on
  local port
  while port=$((20000 + RANDOM % 12000)); (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}
until_up() {
  for _ in $(seq 100); do (: < "/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.1; done
  return 1
}
redis=$(free) keys=$(free)
./redis "127.0.0.1:$redis" "127.0.0.1:$keys" & pids+=($!)
until_up "$keys"
for life in 168h 0; do
  port=$(free)
  ./oauth2-proxy --provider=github --client-id=app --client-secret=example --email-domain='*' --http-address="127.0.0.1:$port" \
    --cookie-secret=0123456789abcdef0123456789abcdef --cookie-secure=false --cookie-expire="$life" --htpasswd-file=users \
    --session-store-type=redis --redis-connection-url="redis://127.0.0.1:$redis" --upstream=static://200 >log 2>&1 & pids+=($!)
  until_up "$port" || { cat log; exit 1; }
  curl -s -i -c jar -d username=ann --data-urlencode 'password=a password' "http://127.0.0.1:$port/oauth2/sign_in" >answer
  age=$(grep -i '^set-cookie: _oauth2_proxy=' answer | grep -o 'Max-Age=[0-9]*' || echo 'no Max-Age')
  echo "--cookie-expire=$life: cookie with $age"
  curl -s "http://127.0.0.1:$keys/"
  curl -s -o /dev/null -b jar "http://127.0.0.1:$port/oauth2/sign_out"
  echo "after the sign-out"
  curl -s "http://127.0.0.1:$keys/"
done > seen
echo "$(go version | cut -d' ' -f3)"
go list -m github.com/oauth2-proxy/oauth2-proxy/v7 github.com/alicebob/miniredis/v2
cat seen
diff seen - <<'EXPECTED'
--cookie-expire=168h: cookie with Max-Age=604800
a key with 168h0m0s left
keys: 1
after the sign-out
keys: 0
--cookie-expire=0: cookie with no Max-Age
a key with no time
keys: 1
after the sign-out
keys: 0
EXPECTED
