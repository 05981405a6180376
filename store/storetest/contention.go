package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/edgeward/edgeward/store"
)

const crowd = 32 // callers at once

var contentionRules = []rule{
	{"of many that make a key at once, one does", func(s *subject) {
		for round := range 8 {
			key := fmt.Sprintf("a/%d", round)
			won := s.crowd(store.ErrExists, func(n int) (store.Version, error) {
				return s.store.Create(s.ctx, key, []byte(strconv.Itoa(n)), never)
			})
			s.holds(key, strconv.Itoa(won.caller), won.version)
		}
	}},
	{"of many that replace a version at once, one does", func(s *subject) {
		version := s.create("a/1", "", never)
		for range 8 {
			won := s.crowd(store.ErrConflict, func(n int) (store.Version, error) {
				return s.store.Replace(s.ctx, "a/1", version, []byte(strconv.Itoa(n)), never)
			})
			s.holds("a/1", strconv.Itoa(won.caller), won.version)
			version = won.version
		}
	}},
	{"of many that make an expired key at once, one does", func(s *subject) {
		s.create("a/1", "old", s.soon())
		s.expire()
		won := s.crowd(store.ErrExists, func(n int) (store.Version, error) {
			return s.store.Create(s.ctx, "a/1", []byte(strconv.Itoa(n)), never)
		})
		s.holds("a/1", strconv.Itoa(won.caller), won.version)
	}},
	{"a caller who is answered that the entry exists finds it", func(s *subject) {
		for round := range 8 {
			key := fmt.Sprintf("a/%d", round)
			var wg sync.WaitGroup
			for range crowd {
				wg.Go(func() {
					_, err := s.store.Create(s.ctx, key, []byte("x"), never)
					if err != nil {
						s.answers("Create", err, store.ErrExists)
					}
					if _, err := s.store.Get(s.ctx, key); err != nil {
						s.Errorf("Get %s, after it existed: %v", key, err)
					}
				})
			}
			wg.Wait()
		}
	}},
	{"counting with Update counts exactly", func(s *subject) {
		s.create("a/1", "0", never)
		const each = 8
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for done := 0; done < each; {
					_, err := store.Update(s.ctx, s.store, "a/1", increment)
					switch {
					case err == nil:
						done++
					case !errors.Is(err, store.ErrContended):
						s.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		e, err := s.store.Get(s.ctx, "a/1")
		if err != nil || string(e.Value) != strconv.Itoa(8*each) {
			s.Errorf("counted %q, %v, want %d", e.Value, err, 8*each)
		}
	}},
	{"of all versions that are given out at once, none is given twice", func(s *subject) {
		var mu sync.Mutex
		var seen []store.Version
		var wg sync.WaitGroup
		for range crowd {
			wg.Go(func() {
				for range 4 {
					v, err := s.store.Create(s.ctx, "a/1", nil, never)
					if err == nil {
						mu.Lock()
						seen = append(seen, v)
						mu.Unlock()
						err = s.store.Delete(s.ctx, "a/1")
					}
					if err != nil && !errors.Is(err, store.ErrExists) {
						s.Error(err)
					}
				}
			})
		}
		wg.Wait()
		given := len(seen)
		slices.Sort(seen)
		if distinct := len(slices.Compact(seen)); distinct != given {
			s.Errorf("%d versions, %d of them distinct", given, distinct)
		}
	}},
}

func increment(e store.Entry) ([]byte, time.Time, error) {
	n, err := strconv.Atoi(string(e.Value))
	return []byte(strconv.Itoa(n + 1)), e.Expires, err
}

type winner struct {
	caller  int
	version store.Version
}

// crowd lets many attempt the same at once, and wants one to succeed and all
// others to be answered by lost.
func (s *subject) crowd(lost error, attempt func(n int) (store.Version, error)) winner {
	s.Helper()
	var mu sync.Mutex
	var won []winner
	var wg sync.WaitGroup
	for n := range crowd {
		wg.Go(func() {
			v, err := attempt(n)
			if err != nil {
				s.answers("the one that lost", err, lost)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			won = append(won, winner{n, v})
		})
	}
	wg.Wait()
	if len(won) != 1 {
		s.Fatalf("%d of %d succeeded", len(won), crowd)
	}
	return won[0]
}

var contextRules = []rule{
	{"a context that has ended ends every operation, and changes nothing", func(s *subject) {
		v := s.create("a/1", "one", never)
		ctx, cancel := context.WithCancel(s.ctx)
		cancel()
		for what, attempt := range map[string]func() error{
			"Get":     func() error { _, err := s.store.Get(ctx, "a/1"); return err },
			"Create":  func() error { _, err := s.store.Create(ctx, "a/2", nil, never); return err },
			"Replace": func() error { _, err := s.store.Replace(ctx, "a/1", v, nil, never); return err },
			"Delete":  func() error { return s.store.Delete(ctx, "a/1") },
			"List":    func() error { _, err := s.lister().List(ctx, "a/", "", 1); return err },
			"Watch":   func() error { return s.watcher().Watch(ctx, "a/", nil, nil) },
		} {
			if err := attempt(); !errors.Is(err, context.Canceled) {
				s.Errorf("%s: %v, want %v", what, err, context.Canceled)
			}
		}
		s.holds("a/1", "one", v)
		s.lacks("a/2")
	}},
	{"after an unknown outcome, another attempt or a look tells which it was", func(s *subject) {
		for n := range crowd {
			key := fmt.Sprintf("a/%d", n)
			v := s.settled("Create "+key, key, func(ctx context.Context) (store.Version, error) {
				return s.store.Create(ctx, key, []byte("first"), never)
			}, store.ErrExists)
			s.holds(key, "first", v)
			w := s.settled("Replace "+key, key, func(ctx context.Context) (store.Version, error) {
				return s.store.Replace(ctx, key, v, []byte("second"), never)
			}, store.ErrConflict)
			s.holds(key, "second", w)
			s.settled("Delete "+key, "", func(ctx context.Context) (store.Version, error) {
				return 0, s.store.Delete(ctx, key)
			}, nil)
			s.lacks(key)
		}
	}},
	// Attack 41: one caller's cancelled context does not fail the others.
	{"callers that give up spoil nothing for those that do not", func(s *subject) {
		var wg sync.WaitGroup
		for n := range crowd {
			key, value := fmt.Sprintf("a/%d", n), fmt.Sprintf("value %d", n)
			wg.Go(func() {
				if n%2 == 0 {
					if _, err := s.store.Create(s.ctx, key, []byte(value), never); err != nil {
						s.Errorf("Create %s: %v", key, err)
					}
					return
				}
				s.giveUp(key, value)
			})
		}
		wg.Wait()
		for n := range crowd {
			e, err := s.store.Get(s.ctx, fmt.Sprintf("a/%d", n))
			if n%2 == 1 && errors.Is(err, store.ErrNotFound) {
				continue
			}
			if want := fmt.Sprintf("value %d", n); err != nil || string(e.Value) != want {
				s.Errorf("%q, %v, want %q", e.Value, err, want)
			}
		}
	}},
}

// settled writes with a context that ends meanwhile, then again with one that
// does not, and returns the version that key has by then. The second attempt
// may meet what the first has done.
func (s *subject) settled(what, key string, attempt func(context.Context) (store.Version, error), done error) store.Version {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, rand.N(2*time.Millisecond))
	defer cancel()
	v, err := attempt(ctx)
	if err == nil {
		return v
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		s.Errorf("%s: %v", what, err)
	}
	if v, err = attempt(s.ctx); err == nil {
		return v
	}
	s.answers(what, err, done)
	e, err := s.store.Get(s.ctx, key)
	if err != nil {
		s.Fatalf("%s: %v", what, err)
	}
	return e.Version
}

// giveUp writes with a context that ends meanwhile, and uses the bytes for
// something else once the call has returned.
func (s *subject) giveUp(key, value string) {
	ctx, cancel := context.WithTimeout(s.ctx, time.Duration(len(key)*20)*time.Microsecond)
	defer cancel()
	b := []byte(value)
	_, err := s.store.Create(ctx, key, b, never)
	scribble(b)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		s.Errorf("Create %s: %v", key, err)
	}
}
