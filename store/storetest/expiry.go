package storetest

import (
	"fmt"
	"time"

	"github.com/edgeward/edgeward/store"
)

var expiryRules = []rule{
	{"an entry says when it expires, in UTC and to the millisecond", func(s *subject) {
		at := s.soon().In(time.FixedZone("east", 3600)).Truncate(time.Millisecond).Add(999 * time.Microsecond)
		v := s.create("a/1", "one", at)
		s.expiresAt("a/1", at.UTC().Truncate(time.Millisecond))
		v = s.replace("a/1", v, "two", at.Add(time.Second))
		s.expiresAt("a/1", at.Add(time.Second).UTC().Truncate(time.Millisecond))
		s.replace("a/1", v, "three", never)
		s.expiresAt("a/1", never)
	}},
	// What counts nanoseconds since 1970 in 64 bits ends in 2262.
	{"an entry may expire in the year 9999", func(s *subject) {
		at := time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)
		v := s.create("a/1", "one", at)
		s.expire()
		s.holds("a/1", "one", v)
		s.expiresAt("a/1", at)
		v = s.replace("a/1", v, "two", at.Add(-time.Hour))
		s.holds("a/1", "two", v)
		s.expiresAt("a/1", at.Add(-time.Hour))
	}},
	{"an entry without expiry stays", func(s *subject) {
		v := s.create("a/1", "one", never)
		s.expire()
		s.holds("a/1", "one", v)
	}},
	{"an entry is there until it expires, and no longer", func(s *subject) {
		v := s.create("a/1", "one", s.soon())
		w := s.create("a/2", "two", s.soon().Add(time.Hour))
		s.holds("a/1", "one", v)
		s.expire()
		s.lacks("a/1")
		s.holds("a/2", "two", w)
	}},
	{"an entry whose time has come already is absent", func(s *subject) {
		s.create("a/1", "one", s.options.Now())
		s.lacks("a/1")
		s.create("a/1", "two", time.Unix(0, 0))
		s.lacks("a/1")
	}},
	{"an expired entry cannot be replaced", func(s *subject) {
		v := s.create("a/1", "one", s.soon())
		s.expire()
		_, err := s.store.Replace(s.ctx, "a/1", v, []byte("two"), never)
		s.answers("Replace", err, store.ErrConflict)
		s.lacks("a/1")
	}},
	{"an expired entry can be made anew, and deleted", func(s *subject) {
		s.create("a/1", "one", s.soon())
		s.create("a/2", "one", s.soon())
		s.expire()
		v := s.create("a/1", "two", never)
		s.holds("a/1", "two", v)
		s.remove("a/2")
		s.lacks("a/2")
	}},
	{"replacing sets the expiry, sooner, later and never", func(s *subject) {
		later := s.create("later", "", s.soon())
		later = s.replace("later", later, "", s.soon().Add(time.Hour))
		sooner := s.create("sooner", "", never)
		s.replace("sooner", sooner, "", s.soon())
		stays := s.create("stays", "", s.soon())
		stays = s.replace("stays", stays, "", never)
		s.expire()
		s.holds("later", "", later)
		s.holds("stays", "", stays)
		s.lacks("sooner")
	}},
	{"entries that expire among others leave those alone", func(s *subject) {
		for n := range 40 {
			expires := s.soon()
			if n%4 == 3 {
				expires = expires.Add(time.Hour)
			}
			v := s.create(fmt.Sprintf("a/%02d", n), "one", expires.Add(-time.Duration(n)*time.Millisecond))
			if n%5 == 0 {
				s.replace(fmt.Sprintf("a/%02d", n), v, "two", expires)
			}
		}
		s.expire()
		s.create("b", "", never)
		for n := range 40 {
			_, err := s.store.Get(s.ctx, fmt.Sprintf("a/%02d", n))
			if (err == nil) != (n%4 == 3) {
				s.Errorf("entry %d: %v", n, err)
			}
		}
	}},
}

func (s *subject) expiresAt(key string, want time.Time) {
	s.Helper()
	e, err := s.store.Get(s.ctx, key)
	if err != nil {
		s.Fatal(err)
	}
	if !e.Expires.Equal(want) || e.Expires.Location() != time.UTC {
		s.Errorf("%s expires %v, want %v", key, e.Expires, want)
	}
}
