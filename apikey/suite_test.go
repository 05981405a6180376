package apikey_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
)

var (
	ctx     = context.Background()
	start   = time.UnixMilli(1_800_000_000_000)
	robot   = apikey.Grant{Subject: "robot", Name: "nightly import", Permissions: []string{"orders:read"}}
	client  = netip.MustParseAddr("192.0.2.1")
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
	contract     store.Contract
}

func (w *watchedStore) enter(operation string) error {
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
	*apikey.Keys
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

func config(s store.Backend, now func() time.Time) apikey.Config {
	return apikey.Config{Store: s, Pepper: edgeward.NewSecret(strings.Repeat("p", 32)), Environment: "live", Now: now}
}

// newNodes returns n nodes over one store, with one clock.
func newNodes(t testing.TB, n int) []*node {
	t.Helper()
	clock := &testClock{now: start}
	s := &watchedStore{Store: memstore.New(memstore.Config{Now: clock.Now}), contract: store.Contract{CompareAndSwap: true}}
	nodes := make([]*node, n)
	for i := range nodes {
		k, err := apikey.New(config(s, clock.Now))
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = &node{k, s, clock}
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
