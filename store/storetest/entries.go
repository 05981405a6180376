package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward/store"
)

var entryRules = []rule{
	{"what was never made is not found", func(s *subject) {
		s.lacks("a/1")
	}},
	{"what was made is found", func(s *subject) {
		v := s.create("a/1", "one", never)
		s.create("a/2", "two", never)
		s.holds("a/1", "one", v)
	}},
	{"an empty value is a value", func(s *subject) {
		v := s.create("a/1", "", never)
		s.holds("a/1", "", v)
		v, err := s.store.Replace(s.ctx, "a/1", v, nil, never)
		if err != nil {
			s.Fatal(err)
		}
		s.holds("a/1", "", v)
	}},
	{"a value is any bytes", func(s *subject) {
		value := make([]byte, 256)
		for i := range value {
			value[i] = byte(i)
		}
		v := s.create("a/1", string(value), never)
		s.holds("a/1", string(value), v)
	}},
	{"making it twice says that it exists, and changes nothing", func(s *subject) {
		v := s.create("a/1", "one", never)
		_, err := s.store.Create(s.ctx, "a/1", []byte("two"), never)
		s.answers("Create", err, store.ErrExists)
		s.holds("a/1", "one", v)
	}},
	{"replacing makes a new version", func(s *subject) {
		one := s.create("a/1", "one", never)
		two := s.replace("a/1", one, "two", never)
		if one == two {
			s.Errorf("version %d twice", one)
		}
		s.holds("a/1", "two", two)
	}},
	{"replacing by the same value makes a new version", func(s *subject) {
		one := s.create("a/1", "one", never)
		if two := s.replace("a/1", one, "one", never); one == two {
			s.Errorf("version %d twice", one)
		}
	}},
	{"replacing a stale version is a conflict, and changes nothing", func(s *subject) {
		one := s.create("a/1", "one", never)
		two := s.replace("a/1", one, "two", never)
		_, err := s.store.Replace(s.ctx, "a/1", one, []byte("three"), never)
		s.answers("Replace", err, store.ErrConflict)
		s.holds("a/1", "two", two)
	}},
	{"replacing what is absent is a conflict, and makes nothing", func(s *subject) {
		_, err := s.store.Replace(s.ctx, "a/1", 0, []byte("one"), never)
		s.answers("Replace", err, store.ErrConflict)
		s.lacks("a/1")
	}},
	{"replacing with another key's version is a conflict", func(s *subject) {
		v := s.create("a/1", "one", never)
		w := s.create("a/2", "two", never)
		_, err := s.store.Replace(s.ctx, "a/2", v, []byte("three"), never)
		s.answers("Replace", err, store.ErrConflict)
		s.holds("a/2", "two", w)
	}},
	{"what was deleted is not found, and cannot be replaced", func(s *subject) {
		v := s.create("a/1", "one", never)
		s.remove("a/1")
		s.lacks("a/1")
		_, err := s.store.Replace(s.ctx, "a/1", v, []byte("two"), never)
		s.answers("Replace", err, store.ErrConflict)
	}},
	{"deleting what is absent is fine", func(s *subject) {
		s.remove("a/1")
		s.create("a/1", "one", never)
		s.remove("a/1")
		s.remove("a/1")
	}},
	{"deleting takes only the one key", func(s *subject) {
		s.create("a/1", "one", never)
		v := s.create("a/1/x", "x", never)
		s.remove("a/1")
		s.holds("a/1/x", "x", v)
	}},
	{"keys differ by case", func(s *subject) {
		v := s.create("a/k", "small", never)
		w := s.create("a/K", "large", never)
		s.holds("a/k", "small", v)
		s.holds("a/K", "large", w)
	}},
	{"what a durable store has acknowledged is there after reopening", func(s *subject) {
		s.needsReopen()
		expires := s.soon().UTC().Truncate(time.Millisecond)
		v := s.create("a/1", "one", expires)
		s.create("a/2", "two", never)
		s.remove("a/2")
		s.store = s.options.Reopen(s.T, s.store)
		s.holds("a/1", "one", v)
		s.expiresAt("a/1", expires)
		s.lacks("a/2")
	}},
}

func (s *subject) needsReopen() {
	s.Helper()
	if !s.store.Contract().Durable {
		s.Skip("this store does not claim to be durable")
	}
	if s.options.Reopen == nil {
		s.Fatal("a durable store has to be reopened: Options.Reopen is nil")
	}
}

// versionRules: the version of a state that is gone must not fit a later one
// (ABA), or a caller that was asleep overwrites what it never saw.
var versionRules = []rule{
	{"a version is not used again after delete", func(s *subject) {
		s.neverTwice(func() { s.remove("a/1") })
	}},
	{"a version is not used again after expiry", func(s *subject) {
		s.neverTwice(func() { s.expire() })
	}},
	{"a version is not used again after delete and reopening", func(s *subject) {
		s.needsReopen()
		s.neverTwice(func() {
			s.remove("a/1")
			s.store = s.options.Reopen(s.T, s.store)
		})
	}},
	{"a version is not used again after expiry and reopening", func(s *subject) {
		s.needsReopen()
		s.neverTwice(func() {
			s.expire()
			s.store = s.options.Reopen(s.T, s.store)
		})
	}},
}

// neverTwice makes the same key again and again; end makes it absent.
func (s *subject) neverTwice(end func()) {
	s.Helper()
	var seen []store.Version
	for round := range 4 {
		v := s.create("a/1", "same", s.soon())
		w := s.replace("a/1", v, "same", s.soon())
		if slices.Contains(seen, v) || slices.Contains(seen, w) || v == w {
			s.Errorf("round %d: versions %d and %d after %d", round, v, w, seen)
		}
		for _, old := range seen {
			_, err := s.store.Replace(s.ctx, "a/1", old, []byte("stale"), never)
			s.answers(fmt.Sprintf("Replace at %d", old), err, store.ErrConflict)
		}
		seen = append(seen, v, w)
		end()
		s.lacks("a/1")
	}
}

// ownershipRules: a value that is shared with its caller changes behind
// everybody's back.
var ownershipRules = []rule{
	{"a store keeps no reference to the bytes that it was given", func(s *subject) {
		value := []byte("one")
		v, err := s.store.Create(s.ctx, "a/1", value, never)
		if err != nil {
			s.Fatal(err)
		}
		scribble(value)
		s.holds("a/1", "one", v)
		value = []byte("two")
		if v, err = s.store.Replace(s.ctx, "a/1", v, value, never); err != nil {
			s.Fatal(err)
		}
		scribble(value)
		s.holds("a/1", "two", v)
	}},
	{"a store keeps no reference to the bytes that it returned", func(s *subject) {
		v := s.create("a/1", "one", never)
		e, err := s.store.Get(s.ctx, "a/1")
		if err != nil {
			s.Fatal(err)
		}
		scribble(e.Value)
		s.holds("a/1", "one", v)
	}},
	{"a store keeps no reference to the bytes that it listed", func(s *subject) {
		l := s.lister()
		v := s.create("a/1", "one", never)
		page, err := l.List(s.ctx, "a/", "", 1)
		if err != nil || len(page) != 1 {
			s.Fatalf("List = %v, %v", page, err)
		}
		scribble(page[0].Value)
		s.holds("a/1", "one", v)
	}},
	{"a store keeps no reference to the bytes that it told a watch", func(s *subject) {
		w := s.watcher()
		v := s.create("a/1", "one", never)
		for range 2 { // the second watch is told what the first left behind
			err := w.Watch(s.ctx, "a/", func(e store.Event) error {
				if !bytes.Equal(e.Entry.Value, []byte("one")) {
					s.Errorf("told %q", e.Entry.Value)
				}
				scribble(e.Entry.Value)
				return nil
			}, func() error { return errEnough })
			s.ended(err)
		}
		s.holds("a/1", "one", v)
	}},
}

func scribble(b []byte) {
	for i := range b {
		b[i] = '!'
	}
}
