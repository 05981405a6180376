package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/edgeward/edgeward/store"
)

var errEnough = errors.New("storetest: enough")

// patience bounds how long the suite waits for what has to come.
const patience = 30 * time.Second

func (s *subject) watcher() store.Watcher {
	s.Helper()
	w, ok := s.store.(store.Watcher)
	if !ok {
		s.Skip("this store cannot watch")
	}
	return w
}

// ended wants a watch to have ended by errEnough.
func (s *subject) ended(err error) {
	s.Helper()
	if !errors.Is(err, errEnough) {
		s.Errorf("Watch: %v, want the callback's own error", err)
	}
}

// A follower keeps what a watch tells as its caller does.
type follower struct {
	mu      sync.Mutex
	entries map[string]string // since synced
	coming  map[string]string // before it
	history map[string][]string
	synced  int
	changed chan struct{}
	done    chan error
}

// follow watches until the subject's test ends or stop is called, which
// returns what the watch returned.
func (s *subject) follow(prefix string) (f *follower, stop func() error) {
	w := s.watcher()
	f = &follower{history: map[string][]string{}, changed: make(chan struct{}, 1), done: make(chan error, 1)}
	stop = f.again(s.ctx, w, prefix)
	return f, stop
}

func (f *follower) again(ctx context.Context, w store.Watcher, prefix string) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	f.coming = map[string]string{}
	go func() { f.done <- w.Watch(ctx, prefix, f.event, f.sync) }()
	return func() error { cancel(); return <-f.done }
}

func (f *follower) event(e store.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	value := string(e.Entry.Value)
	f.history[e.Entry.Key] = append(f.history[e.Entry.Key], value)
	into := f.entries
	if f.coming != nil {
		into = f.coming
	}
	into[e.Entry.Key] = value
	if e.Deleted {
		delete(into, e.Entry.Key)
	}
	f.ring()
	return nil
}

func (f *follower) sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.synced++
	f.entries, f.coming = f.coming, nil
	f.ring()
	return nil
}

func (f *follower) ring() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// until waits for the follower to know exactly these entries.
func (s *subject) until(f *follower, want map[string]string) {
	s.Helper()
	timeout := time.After(patience)
	for {
		f.mu.Lock()
		knows := f.coming == nil && maps.Equal(f.entries, want)
		f.mu.Unlock()
		if knows {
			return
		}
		select {
		case <-f.changed:
		case err := <-f.done:
			f.done <- err
			s.Fatalf("the watch ended: %v", err)
		case <-timeout:
			f.mu.Lock()
			defer f.mu.Unlock()
			s.Fatalf("the watch knows %v, want %v", f.entries, want)
		}
	}
}

var watchRules = []rule{
	{"a watch tells what is there, then that this was all, then what changes", func(s *subject) {
		s.create("a/1", "one", never)
		s.create("b/1", "other", never)
		f, stop := s.follow("a/")
		s.until(f, map[string]string{"a/1": "one"})
		v := s.create("a/2", "two", never)
		s.until(f, map[string]string{"a/1": "one", "a/2": "two"})
		s.replace("a/2", v, "three", never)
		s.create("b/2", "other", never)
		s.until(f, map[string]string{"a/1": "one", "a/2": "three"})
		s.remove("a/1")
		s.until(f, map[string]string{"a/2": "three"})
		if err := stop(); !errors.Is(err, context.Canceled) {
			s.Errorf("Watch: %v, want %v", err, context.Canceled)
		}
		if f.synced != 1 {
			s.Errorf("synced %d times", f.synced)
		}
	}},
	{"a watch of nothing says at once that this was all", func(s *subject) {
		f, _ := s.follow("")
		s.until(f, map[string]string{})
	}},
	{"a told entry is the whole entry", func(s *subject) {
		w := s.watcher()
		s.create("a/1", "one", s.soon())
		want, err := s.store.Get(s.ctx, "a/1")
		if err != nil {
			s.Fatal(err)
		}
		s.ended(w.Watch(s.ctx, "", func(e store.Event) error {
			if got := e.Entry; got.Key != want.Key || string(got.Value) != string(want.Value) || got.Version != want.Version || got.Expires != want.Expires || e.Deleted {
				s.Errorf("told %+v, want %+v", e, want)
			}
			return nil
		}, func() error { return errEnough }))
	}},
	{"what is gone before a watch begins is not told", func(s *subject) {
		w := s.watcher()
		s.create("a/1", "one", never)
		s.create("a/2", "two", s.soon())
		s.remove("a/1")
		s.expire()
		s.ended(w.Watch(s.ctx, "a/", func(e store.Event) error {
			s.Errorf("told %+v", e)
			return nil
		}, func() error { return errEnough }))
	}},
	{"a deletion is told with its key and without a value, also when the key is made anew", func(s *subject) {
		f, _ := s.follow("a/")
		s.until(f, map[string]string{}) // what changes before may be told twice
		s.create("a/1", "one", never)
		s.until(f, map[string]string{"a/1": "one"})
		s.remove("a/1")
		s.until(f, map[string]string{})
		s.create("a/1", "two", never)
		s.until(f, map[string]string{"a/1": "two"})
		f.mu.Lock()
		defer f.mu.Unlock()
		if history := f.history["a/1"]; len(history) != 3 || history[1] != "" {
			s.Errorf("told %q", history)
		}
	}},
	{"an error of a callback ends the watch and is returned", func(s *subject) {
		w := s.watcher()
		s.create("a/1", "one", never)
		fail := func(store.Event) error { return errEnough }
		s.ended(w.Watch(s.ctx, "a/", fail, func() error { s.Error("synced"); return nil }))
		s.ended(w.Watch(s.ctx, "b/", fail, func() error {
			s.create("b/1", "one", never)
			return nil
		}))
	}},
	{"a callback may use the store", func(s *subject) {
		w := s.watcher()
		s.create("a/1", "one", never)
		s.ended(w.Watch(s.ctx, "a/", func(e store.Event) error {
			if e.Entry.Key == "a/2" {
				return errEnough
			}
			_, err := s.store.Get(s.ctx, e.Entry.Key)
			return err
		}, func() error { s.create("a/2", "two", never); return nil }))
	}},
	{"a watch whose caller is slow stops nobody, and ends at the last state", func(s *subject) {
		f, _ := s.follow("a/")
		s.until(f, map[string]string{})
		f.mu.Lock()
		v := s.create("a/1", "0", never)
		for n := range 300 {
			v = s.replace("a/1", v, strconv.Itoa(n), never)
		}
		s.create("a/2", "two", never)
		f.mu.Unlock()
		s.until(f, map[string]string{"a/1": "299", "a/2": "two"})
	}},
	{"many entries and many changes are all told", func(s *subject) {
		s.watcher()
		const many = 600
		want := map[string]string{}
		add := func(prefix string) {
			for n := range many {
				key := fmt.Sprintf("%s%d", prefix, n)
				s.create(key, "x", never)
				want[key] = "x"
			}
		}
		add("a/before/")
		f, _ := s.follow("a/")
		s.until(f, want)
		f.mu.Lock()
		add("a/after/")
		f.mu.Unlock()
		s.until(f, want)
	}},
	{"a change to what has expired already is told", func(s *subject) {
		f, _ := s.follow("a/")
		v := s.create("a/1", "one", never)
		s.until(f, map[string]string{"a/1": "one"})
		s.replace("a/1", v, "gone", s.options.Now().Add(-time.Hour))
		timeout := time.After(patience)
		for told := false; !told; {
			select {
			case <-f.changed:
				f.mu.Lock()
				_, kept := f.entries["a/1"]
				told = f.entries["a/1"] == "gone" || !kept
				f.mu.Unlock()
			case <-timeout:
				s.Fatal("nothing was told")
			}
		}
	}},
	{"many watches are told the same", func(s *subject) {
		var all []*follower
		for range 8 {
			f, _ := s.follow("a/")
			all = append(all, f)
		}
		want := map[string]string{}
		for n := range 50 {
			key := fmt.Sprintf("a/%d", n)
			s.create(key, "x", never)
			want[key] = "x"
		}
		for _, f := range all {
			s.until(f, want)
		}
	}},
	{"nothing is lost while watches come and go among writers", func(s *subject) {
		w := s.watcher()
		f, stop := s.follow("a/")
		writers := s.writers("a/")
		for range 20 {
			time.Sleep(time.Millisecond)
			_ = stop()
			stop = f.again(s.ctx, w, "a/")
		}
		want := writers()
		s.until(f, want)
		f.mu.Lock()
		defer f.mu.Unlock()
		s.inOrder(f.history)
	}},
}

// writers makes, counts up and deletes keys under prefix until the function
// that it returns is called, which tells what the keys hold in the end.
func (s *subject) writers(prefix string) (stop func() map[string]string) {
	ctx, cancel := context.WithCancel(s.ctx)
	var mu sync.Mutex
	last := map[string]string{}
	var wg sync.WaitGroup
	for n := range 4 {
		key := fmt.Sprintf("%s%d", prefix, n)
		wg.Go(func() {
			value := s.writeUntil(ctx, key)
			mu.Lock()
			defer mu.Unlock()
			if value != "" {
				last[key] = value
			}
		})
	}
	return func() map[string]string { cancel(); wg.Wait(); return last }
}

// writeUntil counts a key up, and deletes it at every fifth step.
func (s *subject) writeUntil(ctx context.Context, key string) (last string) {
	var v store.Version
	var err error
	for n := 1; ctx.Err() == nil; n++ {
		value := strconv.Itoa(n)
		switch {
		case n%5 == 0:
			value, err = "", s.store.Delete(s.ctx, key)
		case n%5 == 1:
			v, err = s.store.Create(s.ctx, key, []byte(value), never)
		default:
			v, err = s.store.Replace(s.ctx, key, v, []byte(value), never)
		}
		if err != nil {
			s.Errorf("%s at %d: %v", key, n, err)
			return last
		}
		last = value
	}
	return last
}

// inOrder wants no key to go back to an older state, deletions aside.
func (s *subject) inOrder(history map[string][]string) {
	s.Helper()
	for key, values := range history {
		last := 0
		for _, value := range values {
			if value == "" {
				continue
			}
			n, _ := strconv.Atoi(value)
			if n < last {
				s.Errorf("%s: %d was told after %d", key, n, last)
			}
			last = n
		}
	}
}
