package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/sqlitestore"
	"github.com/edgeward/edgeward/store/storetest"
)

func rows(t *testing.T, s *sqlitestore.Store) int64 {
	t.Helper()
	n, err := s.Ask(`SELECT count(*) FROM entry`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sweep makes one step.
func sweep(t *testing.T, s *sqlitestore.Store) int64 {
	t.Helper()
	n, err := s.Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestASweepRemovesWhatIsGoneInSmallSteps(t *testing.T) {
	var clock storetest.Clock
	s := openAt(t, filepath.Join(t.TempDir(), "store.db"), clock.Now)
	for n := range 400 {
		create(t, s, fmt.Sprintf("expires/%d", n), clock.Now().Add(time.Minute))
		create(t, s, fmt.Sprintf("deleted/%d", n), time.Time{})
	}
	create(t, s, "later", clock.Now().Add(time.Hour))
	create(t, s, "never", time.Time{})
	if n := sweep(t, s); n != 0 {
		t.Errorf("%d rows were swept that are there", n)
	}
	for n := range 400 {
		if err := s.Delete(t.Context(), fmt.Sprintf("deleted/%d", n)); err != nil {
			t.Fatal(err)
		}
	}
	clock.Forward(time.Minute)
	if n := sweep(t, s); n != 256 {
		t.Errorf("a step swept %d rows", n)
	}
	for sweep(t, s) > 0 {
	}
	if n := rows(t, s); n != 3 { // the third is the newest
		t.Errorf("%d rows are left", n)
	}
	holds(t, s, "later")
	holds(t, s, "never")
}

func TestAVersionIsNotUsedAgainAfterItsRowWasSwept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	given := map[store.Version]bool{}
	for range 3 {
		s := openAt(t, path, nil)
		for _, key := range []string{"a", "b"} {
			v := create(t, s, key, time.Time{})
			if given[v] {
				t.Errorf("version %d twice", v)
			}
			given[v] = true
		}
		for _, key := range []string{"a", "b"} {
			if err := s.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		// A refused write draws a version that no row has.
		if _, err := s.Replace(t.Context(), "a", 1, nil, time.Time{}); !errors.Is(err, store.ErrConflict) {
			t.Fatal(err)
		}
		for sweep(t, s) > 0 {
		}
		shut(t, s)
	}
}

func TestASweepLeavesWhatAWatchHasNotPassed(t *testing.T) {
	s := openNew(t)
	create(t, s, "a", time.Time{})
	told := make(chan store.Event)
	goOn := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- s.Watch(ctx, "", func(e store.Event) error { told <- e; <-goOn; return nil }, func() error { return nil })
	}()
	<-told
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	create(t, s, "b", time.Time{})
	if n := sweep(t, s); n != 0 {
		t.Errorf("%d rows were swept that a watch has not passed", n)
	}
	goOn <- struct{}{}
	if e := <-told; !e.Deleted || e.Entry.Key != "a" {
		t.Errorf("told %+v", e)
	}
	goOn <- struct{}{}
	<-told
	goOn <- struct{}{}
	until(t, func() bool { return sweep(t, s) == 1 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestASweepForgetsAWatchThatHasEnded(t *testing.T) {
	s := openNew(t)
	enough := errors.New("enough")
	if err := s.Watch(t.Context(), "", nil, func() error { return enough }); !errors.Is(err, enough) {
		t.Fatal(err)
	}
	create(t, s, "a", time.Time{})
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	create(t, s, "b", time.Time{})
	if n := sweep(t, s); n != 1 {
		t.Errorf("%d rows were swept", n)
	}
}

func TestASweepGoesOnAfterReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	s := openAt(t, path, nil)
	create(t, s, "a", time.Unix(1, 0))
	create(t, s, "b", time.Time{})
	shut(t, s)
	if n := sweep(t, openAt(t, path, nil)); n != 1 {
		t.Errorf("%d rows were swept", n)
	}
}

func TestRunSweepsUntilItsContextEnds(t *testing.T) {
	s := openNew(t)
	for n := range 600 {
		create(t, s, fmt.Sprintf("a/%d", n), time.Unix(1, 0))
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	until(t, func() bool { return rows(t, s) == 1 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
