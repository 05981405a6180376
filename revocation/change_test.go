package revocation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

func asOf(t testing.TB, subject string, at int64) *edgeward.Identity {
	t.Helper()
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://id.example/", Subject: subject, AsOf: at, IssuedAt: time.UnixMilli(1)})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A change supersedes what was read before it, on every node, and is no revocation:
// nothing is refused, and nothing is counted or listed.
func TestAChangeSupersedesAndRevokesNothing(t *testing.T) {
	clock := new(storetest.Clock)
	s := memstore.New(memstore.Config{Now: clock.Now})
	nodes := make([]*revocation.Log, 2)
	for i := range nodes {
		l, err := revocation.New(revocation.Config{Store: s, Now: clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = l.Run(ctx) }()
		t.Cleanup(func() { stop(); <-done })
		nodes[i] = l
	}
	at := clock.Now().UnixMilli()
	for _, now := range []int64{at, at - 5} { // a late one takes nothing back
		if err := nodes[0].Announce(t.Context(), "https://id.example/", "alice", now); err != nil {
			t.Fatal(err)
		}
	}
	for i, l := range nodes {
		for l.ChangedAt("https://id.example/", "alice") == 0 || l.Check(asOf(t, "alice", 1)) != nil {
			time.Sleep(time.Millisecond)
		}
		for rule, row := range map[string]struct {
			id   *edgeward.Identity
			want bool
		}{
			"read before":        {asOf(t, "alice", at-1), true},
			"read since":         {asOf(t, "alice", at), false},
			"read of no account": {asOf(t, "alice", 0), false},
			"another user":       {asOf(t, "bob", 1), false},
		} {
			if got := l.Superseded(row.id); got != row.want {
				t.Errorf("node %d: %s: superseded %v", i, rule, got)
			}
			if err := l.Check(row.id); err != nil {
				t.Errorf("node %d: %s: %v", i, rule, err)
			}
		}
		if l.Len() != 0 {
			t.Errorf("node %d counts %d revocations", i, l.Len())
		}
		if page, next, err := l.List(t.Context(), "", "", 10); len(page) != 0 || next != "" || err != nil {
			t.Errorf("node %d lists %v, %v", i, page, err)
		}
	}
}

// It is no scope that a caller can revoke or list by.
func TestAChangeIsNoScopeOfCallers(t *testing.T) {
	l, err := revocation.New(revocation.Config{Store: memstore.New(memstore.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	e := revocation.Entry{Scope: "change", Issuer: "https://id.example/", Value: "alice"}
	if _, err := l.Revoke(t.Context(), e); !errors.Is(err, revocation.ErrEntry) {
		t.Error(err)
	}
	if err := l.Validate(e); !errors.Is(err, revocation.ErrEntry) {
		t.Error(err)
	}
	if _, _, err := l.List(t.Context(), "change", "", 10); !errors.Is(err, revocation.ErrEntry) {
		t.Error(err)
	}
}

// A caller that asks the store hears of a change too, and could not tell: the account is to
// be read again.
func TestAskHearsOfAChange(t *testing.T) {
	clock := new(storetest.Clock)
	s := memstore.New(memstore.Config{Now: clock.Now})
	here, err := revocation.New(revocation.Config{Store: s, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	there, err := revocation.New(revocation.Config{Store: s, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	at := clock.Now().UnixMilli()
	if err := there.Announce(t.Context(), "https://id.example/", "alice", at); err != nil {
		t.Fatal(err)
	}
	old := asOf(t, "alice", at-1)
	if err := here.Ask(t.Context(), old); err == nil || edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Error(err)
	}
	if !here.Superseded(old) {
		t.Error("what was heard is forgotten")
	}
	if err := here.Ask(t.Context(), asOf(t, "alice", at)); err != nil {
		t.Error(err)
	}
}

// A change is told of for a day, and forgotten: nothing that was read before is
// believed as long as that.
func TestAChangeExpires(t *testing.T) {
	clock := new(storetest.Clock)
	s := memstore.New(memstore.Config{Now: clock.Now})
	l, err := revocation.New(revocation.Config{Store: s, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	at := clock.Now().UnixMilli()
	if err := l.Announce(t.Context(), "https://id.example/", "alice", at); err != nil {
		t.Fatal(err)
	}
	sweep := func() (n int) {
		for range 256 {
			n += l.Sweep()
		}
		return n
	}
	clock.Forward(24*time.Hour + revocation.Margin - time.Second)
	if n := sweep(); n != 0 || l.ChangedAt("https://id.example/", "alice") != at {
		t.Errorf("%d forgotten early", n)
	}
	clock.Forward(2 * time.Second)
	if n := sweep(); n != 1 || l.ChangedAt("https://id.example/", "alice") != 0 {
		t.Errorf("%d forgotten", n)
	}
	if page, err := s.List(t.Context(), "revoked/", "", 10); err != nil || len(page) != 0 {
		t.Errorf("%v, %v", page, err)
	}
}
