package session_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
)

var (
	ctx   = context.Background()
	start = time.UnixMilli(1_800_000_000_000)
	alice = session.Grant{
		Issuer: "https://id.example/", Subject: "alice", Permissions: []string{"orders:read"},
		Client: edgeward.Client{IP: netip.MustParseAddr("192.0.2.1"), UserAgent: "curl/8"},
	}
	errDown = errors.New("connection refused")
)

// watchedStore counts and disturbs what goes to a store.
type watchedStore struct {
	*memstore.Store
	mu           sync.Mutex
	gets, writes int
	failing      string       // operations that fail: "get replace"
	failAfter    string       // operations that happen and then fail
	afterGet     func(string) // runs once, after a Get and before its answer
	before       func()       // runs before every operation, for tests of one goroutine
	contract     store.Contract
}

func (w *watchedStore) enter(operation string) error {
	if w.before != nil {
		w.before()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if operation == "get" {
		w.gets++
	} else {
		w.writes++
	}
	if strings.Contains(w.failing, operation) {
		return errDown
	}
	return nil
}

func (w *watchedStore) leave(operation string, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.Contains(w.failAfter, operation) {
		return errDown
	}
	return err
}

func (w *watchedStore) fail(operations string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failing = operations
}

// count returns what happened since it was last asked.
func (w *watchedStore) count() (gets, writes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	gets, writes = w.gets, w.writes
	w.gets, w.writes = 0, 0
	return gets, writes
}

func (w *watchedStore) Contract() store.Contract { return w.contract }

func (w *watchedStore) Get(ctx context.Context, key string) (store.Entry, error) {
	if err := w.enter("get"); err != nil {
		return store.Entry{}, err
	}
	e, err := w.Store.Get(ctx, key)
	w.mu.Lock()
	disturb := w.afterGet
	w.afterGet = nil
	w.mu.Unlock()
	if disturb != nil {
		disturb(key)
	}
	return e, w.leave("get", err)
}

func (w *watchedStore) Create(ctx context.Context, key string, value []byte, expires time.Time) (store.Version, error) {
	if err := w.enter("create"); err != nil {
		return 0, err
	}
	v, err := w.Store.Create(ctx, key, value, expires)
	return v, w.leave("create", err)
}

func (w *watchedStore) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	if err := w.enter("replace"); err != nil {
		return 0, err
	}
	v, err := w.Store.Replace(ctx, key, old, value, expires)
	return v, w.leave("replace", err)
}

func (w *watchedStore) Delete(ctx context.Context, key string) error {
	if err := w.enter("delete"); err != nil {
		return err
	}
	return w.leave("delete", w.Store.Delete(ctx, key))
}

// node is one process over a store that others may share.
type node struct {
	*session.Manager
	store *watchedStore
	clock *testClock
}

type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func config(s store.Backend, now func() time.Time) session.Config {
	return session.Config{Store: s, Key: edgeward.NewSecret(strings.Repeat("k", 32)), Now: now}
}

// newNodes returns n nodes over one store, with one clock.
func newNodes(t testing.TB, n int) []*node {
	t.Helper()
	clock := &testClock{now: start}
	s := &watchedStore{Store: memstore.New(memstore.Config{Now: clock.Now}), contract: store.Contract{CompareAndSwap: true}}
	nodes := make([]*node, n)
	for i := range nodes {
		m, err := session.New(config(s, clock.Now))
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = &node{m, s, clock}
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
