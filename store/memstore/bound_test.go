package memstore_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

// full returns a store of 64 KiB that takes no more, and what it took.
func full(t *testing.T, clock *storetest.Clock) (s *memstore.Store, kept map[string]store.Version) {
	t.Helper()
	s, kept = memstore.New(memstore.Config{Bytes: 64 << 10, Now: clock.Now}), map[string]store.Version{}
	for n := 0; ; n++ {
		key := fmt.Sprintf("k/%d", n)
		version, err := s.Create(t.Context(), key, make([]byte, 1000), clock.Now().Add(time.Hour))
		if errors.Is(err, memstore.ErrFull) && n > 0 && n < 64 {
			return s, kept
		}
		if err != nil || n == 64 {
			t.Fatalf("entry %d: %v", n, err)
		}
		kept[key] = version
	}
}

// stands reports whether err says what stands in the way: of a full store nobody
// can tell.
func stands(err error) bool {
	return errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBounds)
}

func TestAFullStoreRefusesAndForgetsNothing(t *testing.T) {
	var clock storetest.Clock
	s, kept := full(t, &clock)
	if _, err := s.Replace(t.Context(), "k/0", kept["k/0"], make([]byte, 2000), time.Time{}); !errors.Is(err, memstore.ErrFull) || stands(err) {
		t.Errorf("an entry grows: %v", err)
	}
	for key, version := range kept {
		if e, err := s.Get(t.Context(), key); err != nil || e.Version != version {
			t.Errorf("%s: %v", key, err)
		}
	}
	if _, err := s.Replace(t.Context(), "k/0", kept["k/0"], make([]byte, 1000), time.Time{}); err != nil {
		t.Errorf("an entry as large as before: %v", err)
	}
}

func TestWhatGoesMakesRoom(t *testing.T) {
	for rule, makeRoom := range map[string]func(s *memstore.Store, clock *storetest.Clock) error{
		"deleted": func(s *memstore.Store, _ *storetest.Clock) error { return s.Delete(t.Context(), "k/1") },
		"expired": func(_ *memstore.Store, clock *storetest.Clock) error { clock.Forward(time.Hour); return nil },
		"shrunk": func(s *memstore.Store, _ *storetest.Clock) error {
			for _, key := range []string{"k/1", "k/2", "k/3"} {
				if _, err := store.Update(t.Context(), s, key, func(store.Entry) ([]byte, time.Time, error) { return nil, time.Time{}, nil }); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(rule, func(t *testing.T) {
			var clock storetest.Clock
			s, _ := full(t, &clock)
			if err := makeRoom(s, &clock); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Create(t.Context(), "new", make([]byte, 1000), time.Time{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// For who keeps credentials a full store is one that could not tell: 503.
func TestAFullStoreIsNoRefusal(t *testing.T) {
	var clock storetest.Clock
	s, _ := full(t, &clock)
	keys, err := apikey.New(apikey.Config{Store: s, Pepper: edgeward.NewSecret("0123456789abcdef0123456789abcdef"), Environment: "test", Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, _, err = keys.Create(t.Context(), apikey.Grant{Subject: "alice"})
	}
	if edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Error(err)
	}
}

func TestABoundIsInRealBytes(t *testing.T) {
	const entries = 100_000
	s := memstore.New(memstore.Config{})
	before := heap()
	for n := range entries {
		if _, err := s.Create(t.Context(), fmt.Sprintf("session/%032d", n), make([]byte, 256), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	each := float64(heap()-before) / entries
	t.Logf("%.0f bytes an entry", each)
	if counted := float64(s.Taken()) / entries; each > counted {
		t.Errorf("an entry takes %.0f bytes, and counts as %.0f", each, counted)
	}
	runtime.KeepAlive(s)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
