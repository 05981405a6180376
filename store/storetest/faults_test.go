package storetest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

func faulty() *storetest.Faulty { return storetest.NewFaulty(memstore.New(memstore.Config{})) }

func TestAFaultyStoreWithoutAPlanIsTheStoreUnderIt(t *testing.T) {
	var clock storetest.Clock
	storetest.Run(t, storetest.Options{
		Open: func(*testing.T) store.Backend {
			return storetest.NewFaulty(memstore.New(memstore.Config{Now: clock.Now}))
		},
		Now:         clock.Now,
		FastForward: clock.Forward,
		CutOff: func(_ *testing.T, s store.Backend) func() {
			f := s.(*storetest.Faulty)
			f.Follow(storetest.Down)
			f.Cut()
			return func() { f.Follow(nil) }
		},
	})
}

// operations tries each on a store that holds "a", and tells the answers.
func operations(s *storetest.Faulty, v store.Version) map[string]error {
	ctx := context.Background()
	answers := map[string]error{}
	_, answers["get"] = s.Get(ctx, "a")
	_, answers["list"] = s.List(ctx, "", "", 1)
	_, answers["create"] = s.Create(ctx, "b", nil, time.Time{})
	_, answers["replace"] = s.Replace(ctx, "a", v, []byte("new"), time.Time{})
	answers["delete"] = s.Delete(ctx, "c")
	return answers
}

func TestAStoreThatIsDownDoesNothing(t *testing.T) {
	s := faulty()
	v, _ := s.Create(t.Context(), "a", []byte("old"), time.Time{})
	s.Follow(storetest.Down)
	for name, err := range operations(s, v) {
		if !errors.Is(err, storetest.ErrInjected) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Watch(t.Context(), "", nil, nil); !errors.Is(err, storetest.ErrInjected) {
		t.Errorf("watch: %v", err)
	}
	s.Follow(nil)
	if page, err := s.List(t.Context(), "", "", 10); err != nil || len(page) != 1 || string(page[0].Value) != "old" {
		t.Errorf("%v, %v", page, err)
	}
}

func TestALostAnswerIsToAWriteThatWasDone(t *testing.T) {
	s := faulty()
	v, _ := s.Create(t.Context(), "a", []byte("old"), time.Time{})
	s.Follow(storetest.Lost)
	for name, err := range operations(s, v) {
		if wrote := name != "get" && name != "list"; errors.Is(err, storetest.ErrInjected) != wrote {
			t.Errorf("%s: %v", name, err)
		}
	}
	if page, err := s.List(t.Context(), "", "", 10); err != nil || len(page) != 2 || string(page[0].Value) != "new" {
		t.Errorf("%v, %v", page, err)
	}
}

func TestAPlanChoosesByNameAndKey(t *testing.T) {
	s := faulty()
	mine := errors.New("mine")
	s.Follow(func(o storetest.Operation) storetest.Fault {
		if o == (storetest.Operation{Name: "create", Key: "b"}) {
			return storetest.Fault{Before: mine}
		}
		return storetest.Fault{}
	})
	if _, err := s.Create(t.Context(), "a", nil, time.Time{}); err != nil {
		t.Error(err)
	}
	if _, err := s.Create(t.Context(), "b", nil, time.Time{}); !errors.Is(err, mine) {
		t.Error(err)
	}
}

func TestADelayEndsWithItsContextAndDoesNothing(t *testing.T) {
	s := faulty()
	s.Follow(func(storetest.Operation) storetest.Fault { return storetest.Fault{Delay: time.Hour} })
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := s.Create(ctx, "a", nil, time.Time{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	s.Follow(nil)
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestCutEndsTheWatchesThatRun(t *testing.T) {
	s := faulty()
	for range 2 {
		err := s.Watch(t.Context(), "", nil, func() error { s.Cut(); return nil })
		if !errors.Is(err, storetest.ErrInjected) {
			t.Errorf("%v, want %v", err, storetest.ErrInjected)
		}
	}
}
