package devidp

import (
	"crypto/rand"
	"sync"
	"time"
)

// maxKept bounds each shelf. Where it is full, the oldest thing goes.
const maxKept = 1000

// A shelf keeps things under unguessable names, each for the same time.
type shelf[T any] struct {
	life time.Duration

	mu    sync.Mutex // guards all below
	kept  map[string]kept[T]
	names []string // of all that is kept and of what was taken since, oldest first
}

type kept[T any] struct {
	thing   T
	expires time.Time
}

func newShelf[T any](life time.Duration) *shelf[T] {
	return &shelf[T]{life: life, kept: map[string]kept[T]{}}
}

// put keeps thing and returns its name.
func (s *shelf[T]) put(thing T, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := rand.Text()
	s.kept[name] = kept[T]{thing, now.Add(s.life)}
	s.names = append(s.names, name)
	if surplus := len(s.names) - maxKept; surplus > 0 {
		for _, old := range s.names[:surplus] {
			delete(s.kept, old)
		}
		s.names = s.names[surplus:]
	}
	return name
}

// find returns what is kept under name.
func (s *shelf[T]) find(name string, now time.Time) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.kept[name]
	if !now.Before(k.expires) {
		return *new(T), false
	}
	return k.thing, true
}

// take returns what is kept under name to one caller, and to nobody after that.
func (s *shelf[T]) take(name string, now time.Time) (T, bool) {
	thing, ok := s.find(name, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, still := s.kept[name]
	delete(s.kept, name)
	return thing, ok && still
}
