package session_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

var (
	ctx   = context.Background()
	start = new(storetest.Clock).Now()
	alice = session.Grant{
		Issuer: "https://id.example/", Subject: "alice", Permissions: []string{"orders:read"},
		Client: edgeward.Client{IP: netip.MustParseAddr("192.0.2.1"), UserAgent: "curl/8"},
	}
)

// node is one process over a store that others may share.
type node struct {
	*session.Manager
	store *storetest.Faulty
	under *memstore.Store // what store stands before
	clock *storetest.Clock
}

func config(s store.Backend, now func() time.Time) session.Config {
	return session.Config{Store: s, Key: edgeward.NewSecret(strings.Repeat("k", 32)), Now: now}
}

// newNodes returns n nodes over one store, with one clock.
func newNodes(t testing.TB, n int) []*node {
	t.Helper()
	clock := new(storetest.Clock)
	under := memstore.New(memstore.Config{Now: clock.Now})
	s := storetest.NewFaulty(under)
	nodes := make([]*node, n)
	for i := range nodes {
		m, err := session.New(config(s, clock.Now))
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = &node{m, s, under, clock}
	}
	return nodes
}

func (n *node) create(t testing.TB) (edgeward.Secret, session.Session) {
	t.Helper()
	value, s, err := n.Create(ctx, alice)
	if err != nil {
		t.Fatal(err)
	}
	return value, s
}

func (n *node) verify(value edgeward.Secret) (*edgeward.Identity, error) {
	return n.Verify(ctx, nil, edgeward.Credential{Value: value})
}

// want verifies and demands an answer; Authenticated means success.
func (n *node) want(t testing.TB, rule string, value edgeward.Secret, want edgeward.Reason) {
	t.Helper()
	_, err := n.verify(value)
	got := edgeward.Authenticated
	if err != nil {
		got = edgeward.ReasonOf(err)
	}
	if got != want {
		t.Errorf("%s: %v (%v), want %v", rule, got, err, want)
	}
}

// weak is a store that does not compare and swap.
type weak struct{ store.Backend }

func (weak) Contract() store.Contract { return store.Contract{} }
