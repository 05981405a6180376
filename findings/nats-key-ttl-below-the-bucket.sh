#!/bin/bash
# The guess: in a NATS key-value bucket, KeyTTL is what a key lives, and the bucket's TTL is for the keys that have none; so
# one bucket can hold sign-ins of ten minutes and, by KeyTTL, sessions of a day.
# What happens: the shorter of the two ends the key, with no error when it is created: KeyTTL of 10 s in a bucket of 2 s is
# 2 s. But the word "never" in place of a time, which the header Nats-TTL takes and KeyTTL cannot say, outlives the
# bucket's TTL. A fraction of a second is dropped: 1.9 s is 1 s (and below 1 s is refused). A bucket for sessions is
# made without a TTL, or with the longest that any key shall have.
# Seen with Go modules nats-server v2.15.3 and nats.go v1.55.0.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var ctx = context.Background()

func main() {
	run, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: "store", NoLog: true, NoSigs: true})
	fail(err)
	run.Start()
	defer run.Shutdown()
	if !run.ReadyForConnections(30 * time.Second) {
		panic("no server")
	}
	conn, err := nats.Connect(run.ClientURL())
	fail(err)
	js, err := jetstream.New(conn)
	fail(err)

	bounded, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "bounded", TTL: 2 * time.Second, LimitMarkerTTL: time.Second})
	fail(err)
	open, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "open", LimitMarkerTTL: time.Second})
	fail(err)

	_, err = open.Create(ctx, "half", nil, jetstream.KeyTTL(500*time.Millisecond))
	fmt.Println("bucket without TTL, key of 0.5s: refused", err != nil)

	start := time.Now()
	for _, bucket := range []jetstream.KeyValue{bounded, open} {
		_, err = bucket.Create(ctx, "short", nil, jetstream.KeyTTL(1900*time.Millisecond))
		fail(err)
		_, err = bucket.Create(ctx, "long", nil, jetstream.KeyTTL(10*time.Second))
		fail(err)
		_, err = bucket.Create(ctx, "plain", nil)
		fail(err)
	}
	never := nats.NewMsg("$KV.bounded.never")
	never.Header.Set("Nats-TTL", "never")
	_, err = js.PublishMsg(ctx, never)
	fail(err)

	for _, at := range []time.Duration{1500 * time.Millisecond, 5 * time.Second} {
		time.Sleep(time.Until(start.Add(at)))
		fmt.Printf("after %v: bucket of 2s: key of 1.9s %s, key of 10s %s, key without TTL %s, never %s\n", at,
			look(bounded, "short"), look(bounded, "long"), look(bounded, "plain"), look(bounded, "never"))
		fmt.Printf("after %v: bucket without TTL: key of 1.9s %s, key of 10s %s, key without TTL %s\n", at,
			look(open, "short"), look(open, "long"), look(open, "plain"))
	}
}

func look(bucket jetstream.KeyValue, key string) string {
	_, err := bucket.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return "gone"
	}
	fail(err)
	return "there"
}

func fail(err error) {
	if err != nil {
		panic(err)
	}
}
GO
export GOPATH="$work/gopath" GOFLAGS=-mod=mod
go mod init example.com/probe 2>/dev/null
go get github.com/nats-io/nats-server/v2@v2.15.3 github.com/nats-io/nats.go@v1.55.0 2>/dev/null
go run . > seen 2>log || { cat log; exit 1; }
echo "$(go version | cut -d' ' -f3)"
cat seen
diff seen - <<'EXPECTED'
bucket without TTL, key of 0.5s: refused true
after 1.5s: bucket of 2s: key of 1.9s gone, key of 10s there, key without TTL there, never there
after 1.5s: bucket without TTL: key of 1.9s gone, key of 10s there, key without TTL there
after 5s: bucket of 2s: key of 1.9s gone, key of 10s gone, key without TTL gone, never there
after 5s: bucket without TTL: key of 1.9s gone, key of 10s there, key without TTL there
EXPECTED
