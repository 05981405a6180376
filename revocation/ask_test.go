package revocation_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/storetest"
)

func TestAskWithAStoreThatFails(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	f.store.Follow(storetest.Down)
	if err := log.Ask(t.Context(), identity(t, edgeward.Identity{TokenID: "1"})); !couldNotTell(err) {
		t.Errorf("the store is down: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	f.store.Follow(nil)
	if err := log.Ask(ended, identity(t, edgeward.Identity{TokenID: "1"})); !couldNotTell(err) {
		t.Errorf("the request is over: %v", err)
	}
	if err := log.Ask(t.Context(), &edgeward.Identity{Issuer: issuer}); !couldNotTell(err) {
		t.Errorf("an identity that was not sealed: %v", err)
	}
}

func TestAskCannotReadARow(t *testing.T) {
	f := newFixture(t)
	f.revoke(f.node(), token)
	key := storedKey(f)
	if err := f.store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.Create(t.Context(), key, []byte(`{"v":2}`), time.Time{}); err != nil {
		t.Fatal(err)
	}
	log := f.node()
	if err := log.Ask(t.Context(), identity(t, edgeward.Identity{TokenID: "1"})); !couldNotTell(err) {
		t.Errorf("whose row cannot be read: %v", err)
	}
	if err := log.Ask(t.Context(), identity(t, edgeward.Identity{TokenID: "2"})); err != nil {
		t.Errorf("whom the row does not concern: %v", err)
	}
	if _, err := log.Revoke(t.Context(), token); !couldNotTell(err) {
		t.Errorf("revoked over a row that cannot be read: %v", err)
	}
}

func TestAskReadsWhatTheIdentityNames(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	reads := 0
	f.store.Follow(func(storetest.Operation) storetest.Fault { reads++; return storetest.Fault{} })
	for want, id := range map[int]edgeward.Identity{
		3: {},
		4: {APIKey: "k1"},
		5: {Session: "1"},
		8: {TokenID: "1", Session: "1", SigningKey: "k1", APIKey: "k1"},
	} {
		if reads = 0; log.Ask(t.Context(), identity(t, id)) != nil || reads != want {
			t.Errorf("%+v: %d reads, want %d", id, reads, want)
		}
	}
}

func TestWhatWasAskedIsKnown(t *testing.T) {
	f := newFixture(t)
	f.revoke(f.node(), token)
	log := f.node()
	id := identity(t, edgeward.Identity{TokenID: "1"})
	if err := log.Ask(t.Context(), id); !revoked(err) {
		t.Fatal(err)
	}
	f.store.Follow(storetest.Down)
	if err := log.Check(id); !revoked(err) {
		t.Errorf("checked: %v", err)
	}
	if err := log.Ask(t.Context(), id); !revoked(err) {
		t.Errorf("asked again, without a store: %v", err)
	}
}

func TestList(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	if err := log.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[revocation.Entry]bool{}
	for _, row := range scopes {
		row.entry.Reason = "tested \"\u00fc\""
		want[f.revoke(log, row.entry)] = true
	}
	for _, limit := range []int{1, 2, 3, 100} {
		got := map[revocation.Entry]bool{}
		for after, pages := "", 0; ; pages++ {
			page, next, err := log.List(t.Context(), "", after, limit)
			if err != nil || len(page) > limit || pages > 20 {
				t.Fatalf("%d entries on page %d, %v", len(page), pages, err)
			}
			for _, e := range page {
				got[e] = true
			}
			if after = next; next == "" {
				break
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("by %d: %v, want %v", limit, got, want)
		}
	}
	page, _, err := log.List(t.Context(), revocation.Key, "", 100)
	if err != nil || len(page) != 1 || page[0].Scope != revocation.Key {
		t.Errorf("keys alone: %v, %v", page, err)
	}
}

func TestWhatCannotBeListed(t *testing.T) {
	f := newFixture(t)
	if _, _, err := f.node().List(t.Context(), "device", "", 10); !errors.Is(err, revocation.ErrEntry) {
		t.Errorf("an unknown scope: %v", err)
	}
	if _, _, err := synced(t).List(t.Context(), "", "", 10); !errors.Is(err, store.ErrNoList) {
		t.Errorf("a store that cannot list: %v", err)
	}
	if _, err := f.store.Create(t.Context(), "revoked/session/x", []byte("{}"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.node().List(t.Context(), "", "", 10); !couldNotTell(err) {
		t.Errorf("a row that cannot be read: %v", err)
	}
	f.store.Follow(storetest.Down)
	if _, _, err := f.node().List(t.Context(), "", "", 10); !couldNotTell(err) {
		t.Errorf("a store that is down: %v", err)
	}
}

// told is a store that has one row.
type told struct {
	blank
	row store.Entry
}

func (s told) Watch(_ context.Context, _ string, event func(store.Event) error, synced func() error) error {
	if err := event(store.Event{Entry: s.row}); err != nil {
		return err
	}
	return synced()
}

func (s told) List(context.Context, string, string, int) ([]store.Entry, error) {
	return []store.Entry{s.row}, nil
}

// A row is read or it is not: never half, and what was read is written the
// same way again.
func FuzzRow(f *testing.F) {
	f.Add("revoked/session/x", []byte(`{"v":1,"issuer":"","value":"1","reason":"","revoked":1}`))
	f.Add("revoked/token/", []byte(`{"v":1,"issuer":"i","value":"1","not_before":5,"expires":7,"reason":"","revoked":1}`))
	f.Add("revoked/beat/x", []byte(`{"v":1,"count":1}`))
	f.Fuzz(func(t *testing.T, key string, row []byte) {
		s := told{row: store.Entry{Key: key, Value: row}}
		log, err := revocation.New(revocation.Config{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		_ = log.Run(t.Context())
		page, _, err := log.List(t.Context(), "", "", 10)
		if err != nil || len(page) == 0 {
			if log.Len() != 0 {
				t.Errorf("%q under %q cannot be read, and counts", row, key)
			}
			return
		}
		if log.Len() != 1 {
			t.Errorf("%q under %q was read and does not count", row, key)
		}
	})
}
