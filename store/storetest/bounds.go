package storetest

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward/store"
)

var boundsRules = []rule{
	{"the longest key and the longest value are kept", func(s *subject) {
		key, value := strings.Repeat("k", store.MaxKey), strings.Repeat("v", store.MaxValue)
		v := s.create(key, value, never)
		s.holds(key, value, v)
		v = s.replace(key, v, "~"+value[1:], never)
		s.holds(key, "~"+value[1:], v)
		s.remove(key)
	}},
	{"a key of every printable byte is kept", func(s *subject) {
		var key []byte
		for c := byte('!'); c <= '~'; c++ {
			key = append(key, c)
		}
		v := s.create(string(key), "one", never)
		s.holds(string(key), "one", v)
	}},
	{"a key out of bounds is refused by every operation", func(s *subject) {
		for _, key := range []string{"", "a b", "a\x00", "a\n", "a\x7f", "ä", "\xff", strings.Repeat("k", store.MaxKey+1)} {
			_, err := s.store.Get(s.ctx, key)
			s.answers(fmt.Sprintf("Get %.20q", key), err, store.ErrBounds)
			_, err = s.store.Create(s.ctx, key, nil, never)
			s.answers(fmt.Sprintf("Create %.20q", key), err, store.ErrBounds)
			_, err = s.store.Replace(s.ctx, key, 1, nil, never)
			s.answers(fmt.Sprintf("Replace %.20q", key), err, store.ErrBounds)
			s.answers(fmt.Sprintf("Delete %.20q", key), s.store.Delete(s.ctx, key), store.ErrBounds)
		}
	}},
	{"a value out of bounds is refused, and changes nothing", func(s *subject) {
		large := make([]byte, store.MaxValue+1)
		_, err := s.store.Create(s.ctx, "a/1", large, never)
		s.answers("Create", err, store.ErrBounds)
		s.lacks("a/1")
		v := s.create("a/1", "one", never)
		_, err = s.store.Replace(s.ctx, "a/1", v, large, never)
		s.answers("Replace", err, store.ErrBounds)
		s.holds("a/1", "one", v)
	}},
	{"a page out of bounds is refused", func(s *subject) {
		l := s.lister()
		for _, c := range []struct {
			prefix, after string
			limit         int
		}{{"a/", "", 0}, {"a/", "", -1}, {"a/", "", store.MaxList + 1}, {"a b", "", 1}, {"a/", "a/\x00", 1}, {strings.Repeat("k", store.MaxKey+1), "", 1}} {
			_, err := l.List(s.ctx, c.prefix, c.after, c.limit)
			s.answers(fmt.Sprintf("List %.20q %q %d", c.prefix, c.after, c.limit), err, store.ErrBounds)
		}
	}},
	{"a watch out of bounds is refused", func(s *subject) {
		err := s.watcher().Watch(s.ctx, "a b", nil, nil)
		s.answers("Watch", err, store.ErrBounds)
	}},
}
