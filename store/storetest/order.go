package storetest

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/store"
)

// orderRules are what a node relies on that asks how old its knowledge is: it
// writes a beat, and what was written before it is known once that is told.
var orderRules = []rule{
	{"changes of different keys are told in the order of their commits", func(s *subject) {
		const many = 600
		told := s.whileSlow("a/", many, func() {
			for n := range many {
				s.create(scattered(n), "x", never)
			}
		})
		for n, key := range told {
			if key != scattered(n) {
				s.Fatalf("%s was told in place %d, want %s", key, n, scattered(n))
			}
		}
	}},
	{"a beat among changes proves all that came before its first untold state", func(s *subject) {
		const many = 300
		var known, beaten atomic.Int64 // known changes; the last beat that was told
		s.watching("a/", func(e store.Event) error {
			if e.Entry.Key != "a/beat" {
				known.Add(1)
				return nil
			}
			if first := beaten.Load() + 1; known.Load() < first {
				return fmt.Errorf("beat %s was told with %d changes, and %d came before beat %d", e.Entry.Value, known.Load(), first, first)
			}
			n, err := strconv.ParseInt(string(e.Entry.Value), 10, 64)
			beaten.Store(n)
			return err
		}, func() bool { return known.Load() == many && beaten.Load() == many }, func() {
			var beat store.Version
			for n := 1; n <= many; n++ {
				s.create(scattered(n), "x", never)
				if n == 1 {
					beat = s.create("a/beat", "1", never)
				} else {
					beat = s.replace("a/beat", beat, strconv.Itoa(n), never)
				}
			}
		})
	}},
	{"a key that never rests is told of all the same", func(s *subject) {
		const enough = 50
		var told atomic.Int64
		deadline := time.Now().Add(patience)
		s.watching("a/", func(store.Event) error { told.Add(1); return nil }, func() bool { return told.Load() >= enough }, func() {
			v := s.create("a/restless", "0", never)
			for n := 0; told.Load() < enough; n++ {
				if v = s.replace("a/restless", v, strconv.Itoa(n), never); time.Now().After(deadline) {
					s.Fatalf("told %d times among %d changes", told.Load(), n)
				}
			}
		})
	}},
}

// scattered is a key whose place among others says nothing of n.
func scattered(n int) string { return fmt.Sprintf("a/%03d", n*379%1000) }

// whileSlow returns the keys that a watch is told of which hears nothing until
// change has returned.
func (s *subject) whileSlow(prefix string, many int, change func()) (told []string) {
	s.Helper()
	changed := make(chan struct{})
	var count atomic.Int64
	s.watching(prefix, func(e store.Event) error {
		<-changed
		told = append(told, e.Entry.Key)
		count.Add(1)
		return nil
	}, func() bool { return count.Load() == int64(many) }, func() { change(); close(changed) })
	return told
}

// watching runs change beside a watch that has synced, until done says that
// enough was told.
func (s *subject) watching(prefix string, event func(store.Event) error, done func() bool, change func()) {
	s.Helper()
	w, synced, ended := s.watcher(), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- w.Watch(s.ctx, prefix, func(e store.Event) error {
			if err := event(e); err != nil || !done() {
				return err
			}
			return errEnough
		}, func() error { close(synced); return nil })
	}()
	select {
	case <-synced:
	case err := <-ended:
		s.Fatal(err)
	}
	change()
	select {
	case err := <-ended:
		s.ended(err)
	case <-time.After(patience):
		s.Fatal("what was changed is not told")
	}
}
