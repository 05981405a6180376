package apikey_test

import (
	"context"
	"fmt"
	"hash/crc32"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

var (
	ctx    = context.Background()
	start  = new(storetest.Clock).Now()
	robot  = apikey.Grant{Subject: "robot", Name: "nightly import", Permissions: []string{"orders:read"}}
	client = netip.MustParseAddr("192.0.2.1")
)

// node is one process over a store that others may share.
type node struct {
	*apikey.Keys
	store *storetest.Faulty
	under *memstore.Store // what store stands before
	clock *storetest.Clock
}

func config(s store.Backend, now func() time.Time) apikey.Config {
	return apikey.Config{Store: s, Pepper: edgeward.NewSecret(strings.Repeat("p", 32)), Environment: "live", Now: now}
}

// newNodes returns n nodes over one store, with one clock.
func newNodes(t testing.TB, n int) []*node {
	t.Helper()
	clock := new(storetest.Clock)
	under := memstore.New(memstore.Config{Now: clock.Now})
	s := storetest.NewFaulty(under)
	nodes := make([]*node, n)
	for i := range nodes {
		k, err := apikey.New(config(s, clock.Now))
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = &node{k, s, under, clock}
	}
	return nodes
}

func (n *node) create(t testing.TB, g apikey.Grant) (edgeward.Secret, apikey.Key) {
	t.Helper()
	text, k, err := n.Create(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	return text, k
}

func (n *node) verify(text edgeward.Secret, from netip.Addr) (*edgeward.Identity, error) {
	return n.Verify(ctx, &edgeward.Request{ClientIP: from}, edgeward.Credential{Value: text})
}

// want verifies and demands an answer; Authenticated means success.
func (n *node) want(t testing.TB, rule string, text edgeward.Secret, want edgeward.Reason) {
	t.Helper()
	n.wantFrom(t, rule, text, client, want)
}

func (n *node) wantFrom(t testing.TB, rule string, text edgeward.Secret, from netip.Addr, want edgeward.Reason) {
	t.Helper()
	_, err := n.verify(text, from)
	got := edgeward.Authenticated
	if err != nil {
		got = edgeward.ReasonOf(err)
	}
	if got != want {
		t.Errorf("%s: %v (%v), want %v", rule, got, err, want)
	}
}

// summed returns a key with the right checksum for what stands before it.
func summed(body string) edgeward.Secret {
	return edgeward.NewSecret(fmt.Sprintf("%s_%08x", body, crc32.ChecksumIEEE([]byte(body))))
}

// otherSecret returns text with another secret and the right checksum.
func otherSecret(text edgeward.Secret) edgeward.Secret {
	return summed(text.Reveal()[:len("ew_live_")+17] + strings.Repeat("a", 40))
}

// otherID returns text with another id and the right checksum.
func otherID(text edgeward.Secret) edgeward.Secret {
	s := text.Reveal()
	return summed(s[:len("ew_live_")] + strings.Repeat("a", 16) + s[len("ew_live_")+16:len(s)-9])
}

// weak is a store that does not compare and swap.
type weak struct{ store.Backend }

func (weak) Contract() store.Contract { return store.Contract{} }
