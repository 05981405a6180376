package storetest

import (
	"fmt"
	"slices"

	"github.com/edgeward/edgeward/store"
)

func (s *subject) lister() store.Lister {
	s.Helper()
	l, ok := s.store.(store.Lister)
	if !ok {
		s.Skip("this store cannot list")
	}
	return l
}

func (s *subject) keys(prefix, after string, limit int) []string {
	s.Helper()
	page, err := s.lister().List(s.ctx, prefix, after, limit)
	if err != nil {
		s.Fatalf("List %q: %v", prefix, err)
	}
	var keys []string
	for _, e := range page {
		keys = append(keys, e.Key)
	}
	return keys
}

func (s *subject) lists(prefix, after string, limit int, want ...string) {
	s.Helper()
	if keys := s.keys(prefix, after, limit); !slices.Equal(keys, want) {
		s.Errorf("List %q after %q, at most %d: %q, want %q", prefix, after, limit, keys, want)
	}
}

var listRules = []rule{
	{"what begins with the prefix is listed in the order of its bytes", func(s *subject) {
		s.lister()
		for _, key := range []string{"b", "a/b", "a", "a/", "a/B", "a/a", "a-", "a/~", "a/a/a", "a0", "A/a", "a/!"} {
			s.create(key, "", never)
		}
		s.lists("a/", "", 100, "a/", "a/!", "a/B", "a/a", "a/a/a", "a/b", "a/~")
		s.lists("a", "", 100, "a", "a-", "a/", "a/!", "a/B", "a/a", "a/a/a", "a/b", "a/~", "a0")
		s.lists("", "", 100, "A/a", "a", "a-", "a/", "a/!", "a/B", "a/a", "a/a/a", "a/b", "a/~", "a0", "b")
		s.lists("c", "", 100)
	}},
	{"a prefix means itself, whatever it means to a query", func(s *subject) {
		s.lister()
		for _, key := range []string{"a%", "a_", "a*", "a[b]", "ab", `a\`, "a'", "a?"} {
			s.create(key, "", never)
		}
		for _, prefix := range []string{"a%", "a_", "a*", "a[b]", `a\`, "a'", "a?"} {
			s.lists(prefix, "", 100, prefix)
		}
		s.lists("A", "", 100)
	}},
	{"a page begins after the place, whether that exists or not", func(s *subject) {
		s.lister()
		for _, key := range []string{"a/1", "a/2", "a/2!", "a/3", "b/1"} {
			s.create(key, "", never)
		}
		s.lists("a/", "a/2", 100, "a/2!", "a/3")
		s.lists("a/", "a/11", 100, "a/2", "a/2!", "a/3")
		s.lists("a/", "a/3", 100)
		s.lists("a/", "b/0", 100)
		s.lists("a/", "Z", 2, "a/1", "a/2")
	}},
	{"paging meets every entry once", func(s *subject) {
		s.lister()
		var want []string
		for n := range 25 {
			want = append(want, fmt.Sprintf("a/%02d", n))
			s.create(want[n], "", never)
		}
		for _, limit := range []int{1, 7, 24, 25, 26, store.MaxList} {
			var got []string
			for after := ""; ; after = got[len(got)-1] {
				page := s.keys("a/", after, limit)
				got = append(got, page...)
				if len(page) > limit {
					s.Errorf("%d entries on a page of %d", len(page), limit)
				}
				if len(page) < limit {
					break
				}
			}
			if !slices.Equal(got, want) {
				s.Errorf("pages of %d: %q", limit, got)
			}
		}
	}},
	{"a listed entry is the whole entry", func(s *subject) {
		s.lister()
		at := s.soon()
		v := s.create("a/1", "one", at)
		page, err := s.lister().List(s.ctx, "a/", "", 1)
		if err != nil || len(page) != 1 {
			s.Fatalf("%v, %v", page, err)
		}
		e, err := s.store.Get(s.ctx, "a/1")
		if err != nil || page[0].Version != v || string(page[0].Value) != "one" || page[0].Expires != e.Expires {
			s.Errorf("listed %+v, there is %+v, %v", page[0], e, err)
		}
	}},
	{"what is gone is not listed, and takes no place on a page", func(s *subject) {
		s.lister()
		for _, key := range []string{"a/1", "a/2", "a/5"} {
			s.create(key, "", never)
		}
		s.create("a/0", "", s.soon())
		s.create("a/4", "", s.soon())
		s.remove("a/1")
		s.expire()
		s.lists("a/", "", 2, "a/2", "a/5")
	}},
}
