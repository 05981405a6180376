package memstore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

func TestStore(t *testing.T) {
	var clock storetest.Clock
	storetest.Run(t, storetest.Options{
		Open: func(*testing.T) store.Backend {
			return memstore.New(memstore.Config{Now: clock.Now, Bytes: 16 << 20})
		},
		Now:         clock.Now,
		FastForward: clock.Forward,
		Fill:        fill,
	})
}

func fill(t *testing.T, s store.Backend) {
	for size := 1 << 20; size >= 1; size /= 2 {
		for n, err := 0, error(nil); err == nil; n++ {
			_, err = s.Create(t.Context(), fmt.Sprintf("full/%d/%d", size, n), make([]byte, size), time.Time{})
		}
	}
}

func TestWhatIsGoneTakesNoMemory(t *testing.T) {
	var clock storetest.Clock
	s := memstore.New(memstore.Config{Now: clock.Now})
	write := func(key string, expires time.Time) {
		t.Helper()
		if _, err := s.Create(t.Context(), key, nil, expires); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 100 {
		write(fmt.Sprintf("expires/%d", n), clock.Now().Add(time.Minute))
		write(fmt.Sprintf("deleted/%d", n), time.Time{})
		if err := s.Delete(t.Context(), fmt.Sprintf("deleted/%d", n)); err != nil {
			t.Fatal(err)
		}
	}
	clock.Forward(time.Minute)
	write("a", time.Time{})
	enough := errors.New("enough")
	if err := s.Watch(t.Context(), "b", nil, func() error { return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
	if entries, watches := s.Kept(); entries != 1 || watches != 0 {
		t.Errorf("%d entries and %d watches are kept", entries, watches)
	}
}
