package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

// accounts are what nodes read beside the rows of sessions.
type accounts struct {
	mu      sync.Mutex
	now     edgeward.Standing
	gone    bool
	err     error
	reads   atomic.Int64
	changed atomic.Int64 // the loss that nodes know of
}

func (a *accounts) set(asOf int64, groups ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = edgeward.Standing{Permissions: []string{"orders:read"}, AsOf: asOf, Profile: &edgeward.Profile{
		Username: "alice", Email: "alice@example.com", Name: "Alice Example", Groups: groups, Claims: map[string][]string{"team": {"red"}},
	}}
}

func (a *accounts) read(_ context.Context, issuer, subject, _ string) (edgeward.Standing, bool, error) {
	a.reads.Add(1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if issuer != alice.Issuer || subject != alice.Subject {
		return edgeward.Standing{}, false, fmt.Errorf("asked for %s of %s", subject, issuer)
	}
	return a.now, !a.gone, a.err
}

func (a *accounts) superseded(id *edgeward.Identity) bool {
	return id.AsOf != 0 && id.AsOf < a.changed.Load()
}

func accountNodes(t *testing.T, n int) ([]*node, *accounts) {
	t.Helper()
	clock, all := new(storetest.Clock), &accounts{}
	under := memstore.New(memstore.Config{Now: clock.Now})
	s := storetest.NewFaulty(under)
	nodes := make([]*node, n)
	for i := range nodes {
		cfg := config(s, clock.Now)
		cfg.Account, cfg.Superseded = all.read, all.superseded
		m, err := session.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = &node{m, s, under, clock}
	}
	return nodes, all
}

func ofAccount() session.Grant {
	g := alice
	g.Account, g.ACR, g.AuthTime = true, "gold", start.Add(-time.Hour).Truncate(time.Second)
	return g
}

// What a session permits and who its user is said to be is the account's, and how the
// user authenticated its own.
func TestASessionReadsTheAccount(t *testing.T) {
	nodes, all := accountNodes(t, 2)
	all.set(1000, "a", "b")
	all.now.Permissions = []string{"orders:write"}
	value, _, err := nodes[0].Create(ctx, ofAccount())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		id, err := n.verify(value)
		if err != nil {
			t.Fatal(err)
		}
		p := id.Profile
		if id.AsOf != 1000 || !slices.Equal(id.Permissions, []string{"orders:write"}) || p.Username != "alice" || p.Email != "alice@example.com" ||
			p.Name != "Alice Example" || !slices.Equal(p.Groups, []string{"a", "b"}) || !slices.Equal(p.Claims["team"], []string{"red"}) ||
			p.ACR != "gold" || !p.AuthTime.Equal(start.Add(-time.Hour).Truncate(time.Second)) {
			t.Errorf("%+v, %+v", id, p)
		}
	}
	plain, _, err := nodes[0].Create(ctx, alice)
	if err != nil {
		t.Fatal(err)
	}
	all.reads.Store(0)
	if id, err := nodes[1].verify(plain); err != nil || id.AsOf != 0 || all.reads.Load() != 0 || !slices.Equal(id.Permissions, alice.Permissions) {
		t.Errorf("a session without an account: %+v, %v, %d reads", id, err, all.reads.Load())
	}
}

// The account that cannot be read is never an identity without it, and none that was
// lost comes back.
func TestAnAccountThatCannotBeRead(t *testing.T) {
	nodes, all := accountNodes(t, 1)
	n := nodes[0]
	all.set(1000, "a")
	value, _, err := n.Create(ctx, ofAccount())
	if err != nil {
		t.Fatal(err)
	}
	all.err = errors.New("down")
	n.want(t, "the accounts do not answer", value, edgeward.Unavailable)
	all.err, all.gone = nil, true
	n.want(t, "the account is gone", value, edgeward.SessionUnknown)
	all.gone = false
	all.changed.Store(2000)
	n.want(t, "the account is older than a loss that is known", value, edgeward.SessionUnknown)
	all.set(2000)
	if id, err := n.verify(value); err != nil || len(id.Profile.Groups) != 0 {
		t.Errorf("%+v, %v", id, err)
	}
	without, err := session.New(config(n.store, n.clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := without.Verify(ctx, nil, edgeward.Credential{Value: value}); err == nil || edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("without accounts: %v", err)
	}
}

// A session in the cache is read again once its node knows of a loss, and no sooner.
func TestALossIsSeenByTheCache(t *testing.T) {
	nodes, all := accountNodes(t, 2)
	all.set(1000, "a", "b")
	value, _, err := nodes[0].Create(ctx, ofAccount())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		if _, err := n.verify(value); err != nil {
			t.Fatal(err)
		}
	}
	all.set(2000, "a")
	all.reads.Store(0)
	for _, n := range nodes {
		if id, err := n.verify(value); err != nil || len(id.Profile.Groups) != 2 || all.reads.Load() != 0 {
			t.Errorf("before it is known: %q, %v, %d reads", id.Profile.Groups, err, all.reads.Load())
		}
	}
	all.changed.Store(2000)
	for _, n := range nodes {
		for range 2 {
			if id, err := n.verify(value); err != nil || !slices.Equal(id.Profile.Groups, []string{"a"}) {
				t.Errorf("once it is known: %q, %v", id.Profile.Groups, err)
			}
		}
	}
	if got := all.reads.Load(); got != 2 {
		t.Errorf("%d reads of the account on two nodes", got)
	}
}

// Under a storm of losses no request sees what was lost before it began.
func TestLossesUnderAStorm(t *testing.T) {
	nodes, all := accountNodes(t, 2)
	all.set(1)
	value, _, err := nodes[0].Create(ctx, ofAccount())
	if err != nil {
		t.Fatal(err)
	}
	var readers, writer sync.WaitGroup
	stop := make(chan struct{})
	writer.Go(func() {
		for at := int64(2); ; at++ {
			select {
			case <-stop:
				return
			default:
				all.set(at)
				all.changed.Store(at)
			}
		}
	})
	for i := range 8 {
		readers.Go(func() {
			for range 500 {
				known := all.changed.Load()
				id, err := nodes[i%2].verify(value)
				if err == nil && id.AsOf < known {
					t.Errorf("as of %d, and a loss at %d was known", id.AsOf, known)
				}
				if err != nil && !errors.Is(err, edgeward.SessionUnknown) {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
	close(stop)
	writer.Wait()
}

// A back end that states permissions at a step-up is believed; who the user is said to
// be stays the account's.
func TestAStepUpByABackEnd(t *testing.T) {
	nodes, all := accountNodes(t, 1)
	n := nodes[0]
	all.set(1000, "a")
	value, _, err := n.Create(ctx, ofAccount())
	if err != nil {
		t.Fatal(err)
	}
	g := alice
	g.Permissions = []string{"orders:cancel"}
	value, _, err = n.Renew(ctx, value, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := n.verify(value); err != nil || !slices.Equal(id.Permissions, []string{"orders:cancel"}) || !slices.Equal(id.Profile.Groups, []string{"a"}) || id.Profile.ACR != "gold" {
		t.Errorf("%+v, %v", id, err)
	}
}

// Rows of before stay readable, and one whose user has an account is of another version:
// a program that knows nothing of accounts cannot tell whose it is, rather than believe
// what was true at the sign-in.
func TestTheVersionOfARow(t *testing.T) {
	nodes, all := accountNodes(t, 1)
	n := nodes[0]
	all.set(1000, "a")
	for version, g := range map[string]session.Grant{`{"v":1,`: alice, `{"v":2,`: ofAccount()} {
		value, s, err := n.Create(ctx, g)
		if err != nil {
			t.Fatal(err)
		}
		row, err := n.under.Get(ctx, "session/"+s.ID)
		if err != nil || !strings.HasPrefix(string(row.Value), version) {
			t.Errorf("%s, %v; want %s", row.Value, err, version)
		}
		if id, err := n.verify(value); err != nil || (id.AsOf != 0) != g.Account {
			t.Errorf("%+v, %v", id, err)
		}
	}
	before := `{"v":1,"issuer":"https://id.example/","subject":"alice","permissions":["a"],"created":1,"seen":` + fmt.Sprint(n.clock.Now().UnixMilli()) +
		`,"expires":` + fmt.Sprint(n.clock.Now().Add(time.Hour).UnixMilli()) + `,"user_agent":""}`
	value, s, err := n.Create(ctx, alice)
	if err != nil {
		t.Fatal(err)
	}
	row, err := n.under.Get(ctx, "session/"+s.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.under.Replace(ctx, row.Key, row.Version, []byte(before), row.Expires); err != nil {
		t.Fatal(err)
	}
	if id, err := n.verify(value); err != nil || !slices.Equal(id.Permissions, []string{"a"}) || id.AsOf != 0 {
		t.Errorf("a row of before: %+v, %v", id, err)
	}
}
