// Package storetest is the suite that every backend of a store passes, and
// what the tests of the mechanisms above need: a clock that is moved by hand
// and a store that fails on demand.
package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
)

// Options says how the suite gets at a backend.
type Options struct {
	// Open returns an empty store. It registers its own clean-up.
	Open func(t *testing.T) store.Backend
	// Now is the clock of the stores, and FastForward makes d pass on it: those
	// of a [Clock]. A backend whose clock cannot be moved passes time.Now and
	// time.Sleep; d is a few seconds.
	Now         func() time.Time
	FastForward func(d time.Duration)
	// Reopen closes a store that says it is durable, and opens it again.
	Reopen func(t *testing.T, s store.Backend) store.Backend
	// Beside opens a second store on the entries of s, as another node does
	// whose own clock is wrong by that much. A store that says it is shared has it.
	Beside func(t *testing.T, s store.Backend, wrong time.Duration) store.Backend
	// Fill takes all the room that s has; nil where none bounds it but the disk.
	Fill func(t *testing.T, s store.Backend)
	// CutOff lets s hear nothing of its server until heal is called; nil where
	// it has none.
	CutOff func(t *testing.T, s store.Backend) (heal func())
}

// Run checks that a backend keeps to the contract of package store.
func Run(t *testing.T, o Options) {
	for _, rules := range [][]rule{entryRules, versionRules, expiryRules, boundsRules, ownershipRules, contentionRules, contextRules, listRules, watchRules, orderRules, historyRules, nodeRules} {
		for _, r := range rules {
			t.Run(r.name, func(t *testing.T) { r.check(newSubject(t, o)) })
		}
	}
}

// A rule is one sentence of the contract.
type rule struct {
	name  string
	check func(s *subject)
}

// A subject is the store that one rule is held against.
type subject struct {
	*testing.T
	options Options
	store   store.Backend
	ctx     context.Context
}

func newSubject(t *testing.T, o Options) *subject {
	return &subject{T: t, options: o, store: o.Open(t), ctx: t.Context()}
}

var never time.Time

// lifetime is long enough for a slow machine: FastForward passes it without a
// wait.
const lifetime = time.Minute

// soon is the expiry that expire passes.
func (s *subject) soon() time.Time { return s.options.Now().Add(lifetime) }

func (s *subject) expire() { s.options.FastForward(lifetime + time.Second) }

// create, replace and remove have to succeed.
func (s *subject) create(key, value string, expires time.Time) store.Version {
	s.Helper()
	v, err := s.store.Create(s.ctx, key, []byte(value), expires)
	if err != nil {
		s.Fatalf("Create %s: %v", key, err)
	}
	return v
}

func (s *subject) replace(key string, old store.Version, value string, expires time.Time) store.Version {
	s.Helper()
	v, err := s.store.Replace(s.ctx, key, old, []byte(value), expires)
	if err != nil {
		s.Fatalf("Replace %s: %v", key, err)
	}
	return v
}

func (s *subject) remove(key string) {
	s.Helper()
	if err := s.store.Delete(s.ctx, key); err != nil {
		s.Fatalf("Delete %s: %v", key, err)
	}
}

func (s *subject) holds(key, value string, version store.Version) {
	s.Helper()
	e, err := s.store.Get(s.ctx, key)
	if err != nil {
		s.Fatalf("Get %s: %v", key, err)
	}
	if e.Key != key || string(e.Value) != value || e.Version != version {
		s.Errorf("Get %s = %q %q at %d, want %q at %d", key, e.Key, e.Value, e.Version, value, version)
	}
}

func (s *subject) lacks(key string) {
	s.Helper()
	e, err := s.store.Get(s.ctx, key)
	s.answers("Get "+key, err, store.ErrNotFound)
	if e.Key != "" || e.Value != nil || e.Version != 0 || !e.Expires.IsZero() {
		s.Errorf("Get %s returned %+v beside its error", key, e)
	}
}

// answers wants one of the errors of package store, and no other of them.
func (s *subject) answers(what string, err, want error) {
	s.Helper()
	for _, sentinel := range []error{store.ErrNotFound, store.ErrExists, store.ErrConflict, store.ErrBounds} {
		if errors.Is(err, sentinel) != (sentinel == want) {
			s.Errorf("%s: %v, want %v", what, err, want)
			return
		}
	}
}
