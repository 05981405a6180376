package table_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

var errRefused = errors.New("refused")

type weak struct{ store.Backend }

func (weak) Contract() store.Contract { return store.Contract{Durable: true, Shared: true} }

func TestATableNeedsCompareAndSwap(t *testing.T) {
	if _, err := table.Open(nil, "rows", "row/"); err == nil {
		t.Error("no store is accepted")
	}
	if _, err := table.Open(weak{memstore.New(memstore.Config{})}, "rows", "row/"); err == nil {
		t.Error("a store without compare-and-swap is accepted")
	}
}

// bare is a store that cannot list.
type bare struct{ store.Store }

func (bare) Contract() store.Contract { return store.Contract{CompareAndSwap: true} }
func (bare) Close() error             { return nil }

func TestPages(t *testing.T) {
	s := storetest.NewFaulty(memstore.New(memstore.Config{}))
	rows, err := table.Open(s, "rows", "row/")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{rows.Key("a"), rows.Key("b"), rows.Key("c"), "other/a", "rows/a"} {
		if _, err := s.Create(t.Context(), key, []byte("{}"), time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for after, pages := "", 0; pages == 0 || after != ""; pages++ {
		page, next, err := rows.Page(t.Context(), after, 2)
		if err != nil || pages > 2 {
			t.Fatal(pages, err)
		}
		for _, row := range page {
			ids = append(ids, row.Key)
		}
		after = next
	}
	if strings.Join(ids, " ") != "a b c" {
		t.Errorf("listed %q", ids)
	}
	s.Follow(storetest.Down)
	if _, _, err := rows.Page(t.Context(), "", 2); edgeward.ReasonOf(err) != edgeward.Unavailable || errors.Is(err, store.ErrNoList) {
		t.Errorf("a store that is down: %v", err)
	}
	mute, err := table.Open(bare{s}, "rows", "row/")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := mute.Page(t.Context(), "", 2); !errors.Is(err, store.ErrNoList) {
		t.Errorf("a store that cannot list: %v", err)
	}
}

func TestAbsentIsNotUnavailable(t *testing.T) {
	s := storetest.NewFaulty(memstore.New(memstore.Config{}))
	rows, _ := table.Open(s, "rows", "row/")
	if _, err := rows.Read(t.Context(), "a", errRefused); !errors.Is(err, errRefused) {
		t.Error("absent:", err)
	}
	s.Follow(func(storetest.Operation) storetest.Fault { return storetest.Fault{Before: edgeward.TokenExpired} })
	_, err := rows.Read(context.Background(), "a", errRefused)
	if down, ok := errors.AsType[*edgeward.UnavailableError](err); !ok || down.RetryAfter < time.Second || edgeward.ReasonOf(err) != edgeward.Unavailable || errors.Is(err, errRefused) {
		t.Errorf("a store whose error wraps a reason: %v", err)
	}
}

// Dropped in silence, a permission would be missing where its user counts on it.
func TestAGrantIsKeptWholeOrRefused(t *testing.T) {
	grant := func(permissions ...string) edgeward.Identity {
		return edgeward.Identity{Issuer: "https://i.example", Subject: "alice", Permissions: permissions}
	}
	if p, err := table.CheckGrant(grant("b", "a"), errRefused); err != nil || len(p) != 2 {
		t.Errorf("%q, %v", p, err)
	}
	for rule, g := range map[string]edgeward.Identity{
		"nobody": {Issuer: "https://i.example"}, "a space": grant("a", "b c"), "an empty one": grant(""), "a quote": grant(`a"`), "beyond ASCII": grant("é"),
	} {
		if _, err := table.CheckGrant(g, errRefused); !errors.Is(err, errRefused) || edgeward.ReasonOf(err) != edgeward.Unavailable {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestARowComesBackOrIsRefused(t *testing.T) {
	same := func(row []byte) bool { return string(row) == "row" }
	if err := table.CheckRow([]byte("row"), 3, errRefused, same); err != nil {
		t.Error(err)
	}
	if err := table.CheckRow([]byte("row"), 2, errRefused, same); !errors.Is(err, errRefused) {
		t.Error("too large:", err)
	}
	if err := table.CheckRow([]byte("raw"), 3, errRefused, same); !errors.Is(err, errRefused) {
		t.Error("another row:", err)
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAAA\n", "AAAAAAAAAAAAAAAAAAAAA", "_-AAAAAAAAAAAAAAAAAAAA", "+/AAAAAAAAAAAAAAAAAAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := table.ParseID(s)
		raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
		if want := err == nil && len(raw) == table.IDSize && !strings.ContainsAny(s, "\r\n"); ok != want {
			t.Fatalf("%q: %v", s, ok)
		}
		if ok && id.String() != s {
			t.Errorf("%q comes back as %q", s, id)
		}
	})
}
