package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

func keep(e store.Entry) ([]byte, time.Time, error) { return append(e.Value, '!'), e.Expires, nil }

func TestUpdateReturnsTheEntryAsItIsNow(t *testing.T) {
	s := memstore.New(memstore.Config{})
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	if _, err := s.Create(t.Context(), "a", []byte("one"), expires); err != nil {
		t.Fatal(err)
	}
	updated, err := store.Update(t.Context(), s, "a", keep)
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Get(t.Context(), "a")
	if err != nil || string(e.Value) != "one!" || string(updated.Value) != "one!" || updated.Key != "a" ||
		updated.Version != e.Version || !updated.Expires.Equal(e.Expires) || !e.Expires.Equal(expires) {
		t.Errorf("returned %+v, there is %+v, %v", updated, e, err)
	}
}

func TestUpdateOfNothingIsNotFound(t *testing.T) {
	if _, err := store.Update(t.Context(), memstore.New(memstore.Config{}), "a", keep); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v, want %v", err, store.ErrNotFound)
	}
}

func TestUpdateEndsWithTheErrorOfItsChange(t *testing.T) {
	s := memstore.New(memstore.Config{})
	v, err := s.Create(t.Context(), "a", nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	_, err = store.Update(t.Context(), s, "a", func(store.Entry) ([]byte, time.Time, error) { return nil, time.Time{}, enough })
	if !errors.Is(err, enough) {
		t.Errorf("%v, want %v", err, enough)
	}
	if e, err := s.Get(t.Context(), "a"); err != nil || e.Version != v {
		t.Errorf("the entry was changed: %+v, %v", e, err)
	}
}

func TestUpdateTriesAgainAfterAConflictAndGivesUpAtLast(t *testing.T) {
	for name, c := range map[string]struct {
		rivals int // that change the entry meanwhile, one at each attempt
		want   error
	}{"some": {10, nil}, "too many": {1000, store.ErrContended}} {
		t.Run(name, func(t *testing.T) {
			s := memstore.New(memstore.Config{})
			if _, err := s.Create(t.Context(), "a", nil, time.Time{}); err != nil {
				t.Fatal(err)
			}
			attempts := 0
			_, err := store.Update(t.Context(), s, "a", func(e store.Entry) ([]byte, time.Time, error) {
				if attempts++; attempts <= c.rivals {
					if _, err := s.Replace(t.Context(), "a", e.Version, []byte("rival"), time.Time{}); err != nil {
						t.Fatal(err)
					}
				}
				return []byte("mine"), time.Time{}, nil
			})
			e, _ := s.Get(t.Context(), "a")
			if !errors.Is(err, c.want) || (err == nil) != (string(e.Value) == "mine") {
				t.Errorf("%v after %d attempts, the entry is %q", err, attempts, e.Value)
			}
		})
	}
}

func TestUpdateDoesNotTryAgainWhereTheOutcomeIsUnknown(t *testing.T) {
	s := storetest.NewFaulty(memstore.New(memstore.Config{}))
	if _, err := s.Create(t.Context(), "a", nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	s.Follow(storetest.Lost)
	if _, err := store.Update(context.Background(), s, "a", keep); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("%v, want %v", err, storetest.ErrInjected)
	}
	if e, err := s.Get(t.Context(), "a"); err != nil || string(e.Value) != "!" {
		t.Errorf("updated to %q, %v", e.Value, err)
	}
}
