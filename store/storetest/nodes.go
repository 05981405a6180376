package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/edgeward/edgeward/store"
)

// wrong is by how much a node's clock differs. lifetime is longer.
const wrong = 10 * time.Second

// nodeRules are about what a store shares with other nodes, about its bounds
// and about the way to its server.
var nodeRules = []rule{
	// With a clock that is ahead a node would take a live entry for absent, and
	// make another one in its place.
	{"two nodes whose clocks differ agree on what has expired", func(s *subject) {
		for _, by := range []time.Duration{wrong, -wrong} {
			other := s.beside(by)
			key := fmt.Sprintf("a/%d", by)
			v := s.create(key, "one", s.soon())
			both := func(check func(s *subject)) {
				check(s)
				second := *s
				second.store = other
				check(&second)
			}
			s.options.FastForward(lifetime - wrong/2)
			both(func(s *subject) {
				s.holds(key, "one", v)
				_, err := s.store.Create(s.ctx, key, []byte("two"), never)
				s.answers("Create", err, store.ErrExists)
			})
			s.options.FastForward(wrong/2 + time.Second)
			both(func(s *subject) {
				s.lacks(key)
				_, err := s.store.Replace(s.ctx, key, v, []byte("two"), never)
				s.answers("Replace", err, store.ErrConflict)
			})
		}
	}},
	{"what one node writes another reads at once, and is told of", func(s *subject) {
		other := *s
		other.store = s.beside(0)
		f, _ := other.follow("a/")
		s.until(f, map[string]string{})
		want := map[string]string{}
		for n := range 50 {
			key := fmt.Sprintf("a/%d", n)
			v := s.create(key, "x", never)
			other.holds(key, "x", v)
			v = other.replace(key, v, "y", never)
			s.holds(key, "y", v)
			want[key] = "y"
		}
		s.until(f, want)
		other.remove("a/0")
		s.lacks("a/0")
		delete(want, "a/0")
		s.until(f, want)
	}},
	// A change that commits after a later one was told would be missed.
	{"nothing is lost to a watch while several nodes write", func(s *subject) {
		other := *s
		other.store = s.beside(0)
		f, _ := s.follow("a/")
		s.until(f, map[string]string{})
		mine, others := s.creators("a/mine/"), other.creators("a/other/")
		time.Sleep(500 * time.Millisecond)
		want := mine()
		maps.Copy(want, others())
		s.until(f, want)
	}},
	// Otherwise no user could be signed out while there is no room.
	{"an entry can be deleted when there is room for nothing", func(s *subject) {
		if s.options.Fill == nil {
			s.Skip("nothing bounds this store but the disk")
		}
		s.create("a/1", "one", never)
		v := s.create("a/2", "two", never)
		s.options.Fill(s.T, s.store)
		_, err := s.store.Create(s.ctx, "a/3", make([]byte, 10_000), never)
		s.couldNotTell("Create", err)
		s.remove("a/1")
		s.lacks("a/1")
		s.holds("a/2", "two", v)
	}},
	{"a store that is cut off from its server is unavailable, soon, and its watches end", func(s *subject) {
		if s.options.CutOff == nil {
			s.Skip("this store has no server")
		}
		v := s.create("a/1", "one", never)
		f, _ := s.follow("a/")
		s.until(f, map[string]string{"a/1": "one"})
		heal := s.options.CutOff(s.T, s.store)
		s.soonCouldNotTell("Watch", func(context.Context) error { return <-f.done })
		s.soonCouldNotTell("Get", func(ctx context.Context) error { _, err := s.store.Get(ctx, "a/1"); return err })
		s.soonCouldNotTell("Create", func(ctx context.Context) error {
			_, err := s.store.Create(ctx, "a/2", nil, never)
			return err
		})
		s.soonCouldNotTell("Delete", func(ctx context.Context) error { return s.store.Delete(ctx, "a/3") })
		heal()
		s.eventually(func() error {
			e, err := s.store.Get(s.ctx, "a/1")
			if err == nil && e.Version != v {
				s.Errorf("version %d, want %d", e.Version, v)
			}
			return err
		})
		s.eventually(func() error { return s.store.Delete(s.ctx, "a/2") })
		f.again(s.ctx, s.watcher(), "a/")
		s.until(f, map[string]string{"a/1": "one"})
	}},
}

// creators make one key after the other, each once, until the function that
// creators returns is called; it returns what they have made.
func (s *subject) creators(prefix string) (stop func() map[string]string) {
	ctx, cancel := context.WithCancel(s.ctx)
	var mu sync.Mutex
	made := map[string]string{}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%s%d/%d", prefix, n, i)
				if _, err := s.store.Create(s.ctx, key, []byte("x"), never); err != nil {
					s.Errorf("Create %s: %v", key, err)
				}
				mu.Lock()
				made[key] = "x"
				mu.Unlock()
			}
		})
	}
	return func() map[string]string { cancel(); wg.Wait(); return made }
}

func (s *subject) beside(by time.Duration) store.Backend {
	s.Helper()
	if !s.store.Contract().Shared {
		s.Skip("this store does not claim to be shared")
	}
	if s.options.Beside == nil {
		s.Fatal("a shared store has to be opened by a second node: Options.Beside is nil")
	}
	return s.options.Beside(s.T, s.store, by)
}

// couldNotTell wants an error that claims nothing about the entry.
func (s *subject) couldNotTell(what string, err error) {
	s.Helper()
	if err == nil {
		s.Errorf("%s succeeded", what)
		return
	}
	s.answers(what, err, nil)
}

// soonCouldNotTell wants such an error without waiting for longer than anybody
// would. The caller sets no limit of its own.
func (s *subject) soonCouldNotTell(what string, do func(context.Context) error) {
	s.Helper()
	answered := make(chan error, 1)
	go func() { answered <- do(s.ctx) }()
	select {
	case err := <-answered:
		s.couldNotTell(what, err)
		if errors.Is(err, context.Canceled) {
			s.Errorf("%s: %v, and no caller has cancelled it", what, err)
		}
	case <-time.After(patience):
		s.Fatalf("%s: no answer", what)
	}
}

func (s *subject) eventually(do func() error) {
	s.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := do()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.Fatalf("still, after the cut was healed: %v", err)
		}
	}
}
