package pgstore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/pgstore"
)

func TestWhatIsGoneIsSweptWhenItIsOldEnough(t *testing.T) {
	l := newLab(t)
	s, err := pgstore.Open(t.Context(), config(l.URL(), "swept")) // and no Run, which sweeps too
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	create(t, s, "stays")
	for n := range 10 {
		key := fmt.Sprintf("deleted/%d", n)
		create(t, s, key)
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Create(t.Context(), fmt.Sprintf("expired/%d", n), nil, time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		age  time.Duration
		want int64
	}{{2 * time.Hour, 0}, {30 * time.Minute, 10}, {0, 10}, {0, 0}} {
		if swept, err := s.Sweep(t.Context(), c.age); err != nil || swept != c.want {
			t.Errorf("older than %v: %d, %v, want %d", c.age, swept, err, c.want)
		}
	}
	holds(t, s, "stays")
	told, enough := "", errors.New("enough")
	err = s.Watch(t.Context(), "", func(e store.Event) error {
		if told += e.Entry.Key + " "; e.Entry.Key == "later" {
			return enough
		}
		return nil
	}, func() error { create(t, s, "later"); return nil })
	if !errors.Is(err, enough) || told != "stays later " {
		t.Errorf("a watch after the newest was swept is told %q, %v", told, err)
	}
	if rows := l.SQL("SELECT count(*) FROM swept.entry"); rows != "2" {
		t.Errorf("%s rows are left", rows)
	}
}

// A watch that was not told of a deletion before its row was swept would never
// be: it ends instead.
func TestAWatchThatFallsBehindTheSweepEnds(t *testing.T) {
	s := newLab(t).fresh(t)
	create(t, s, "revoked")
	synced, ended := make(chan struct{}), make(chan error, 1)
	slow := make(chan struct{})
	go func() {
		told := 0
		ended <- s.Watch(t.Context(), "", func(store.Event) error {
			if told++; told == 2 {
				<-slow
			}
			return nil
		}, func() error { close(synced); return nil })
	}()
	<-synced
	create(t, s, "a")
	time.Sleep(100 * time.Millisecond) // the watch is told of it, and blocks
	if err := s.Delete(t.Context(), "revoked"); err != nil {
		t.Fatal(err)
	}
	create(t, s, "b")
	if _, err := s.Sweep(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	close(slow)
	select {
	case err := <-ended:
		if !errors.Is(err, pgstore.ErrBehind) {
			t.Errorf("%v, want %v", err, pgstore.ErrBehind)
		}
	case <-time.After(30 * time.Second):
		t.Error("it goes on, and never tells that the entry is gone")
	}
}

// Another node's change is told through Run, without waiting for a poll: 20 of
// them one after the other would take 20 s.
func TestChangesOfOtherNodesAreHeardOf(t *testing.T) {
	l := newLab(t)
	s, other := l.open(t, "heard"), l.open(t, "heard")
	told, synced := make(chan string, 100), make(chan struct{})
	go func() {
		_ = s.Watch(t.Context(), "", func(e store.Event) error { told <- e.Entry.Key; return nil }, func() error { close(synced); return nil })
	}()
	<-synced
	began := time.Now()
	for n := range 20 {
		key := fmt.Sprintf("a/%d", n)
		create(t, other, key)
		if got := <-told; got != key {
			t.Fatalf("told %s, want %s", got, key)
		}
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("20 changes took %v: they were polled", took)
	}
}
