package memstore

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward/store"
)

// A watch holds what one caller of Watch has not been told yet.
type watch struct {
	prefix  string
	waiting changes       // guarded by Store.mu
	bell    chan struct{} // rung when changes are waiting
}

// changes are the last change of each key, so that a slow caller never makes
// them more than the store's keys.
type changes struct {
	of    map[string]store.Event
	order []string // of the keys, the longest waiting first
}

func (c *changes) add(e store.Event) {
	if c.of == nil {
		c.of = map[string]store.Event{}
	}
	if _, waiting := c.of[e.Entry.Key]; !waiting {
		c.order = append(c.order, e.Entry.Key)
	}
	c.of[e.Entry.Key] = e
}

// Watch implements [store.Watcher].
func (s *Store) Watch(ctx context.Context, prefix string, event func(store.Event) error, synced func() error) error {
	if err := ready(ctx, store.CheckPrefix(prefix)); err != nil {
		return err
	}
	w, current := s.follow(prefix)
	defer s.unfollow(w)
	if err := deliver(ctx, current, event); err != nil {
		return err
	}
	if err := synced(); err != nil {
		return err
	}
	for {
		select {
		case <-w.bell:
		case <-ctx.Done():
			return fmt.Errorf("memstore: %w", ctx.Err())
		}
		if err := deliver(ctx, s.take(w), event); err != nil {
			return err
		}
	}
}

// follow starts a watch, and returns the entries as they are at that moment.
func (s *Store) follow(prefix string) (w *watch, current changes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.entries {
		if i, ok := s.live(key); ok && strings.HasPrefix(key, prefix) {
			current.add(store.Event{Entry: i.Entry})
		}
	}
	w = &watch{prefix: prefix, bell: make(chan struct{}, 1)}
	s.watches[w] = struct{}{}
	return w, current
}

func (s *Store) unfollow(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watches, w)
}

func (s *Store) take(w *watch) changes {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := w.waiting
	w.waiting = changes{}
	return taken
}

// tell leaves a change for every watch that asks for it. The caller holds mu.
func (s *Store) tell(e store.Event) {
	for w := range s.watches {
		if !strings.HasPrefix(e.Entry.Key, w.prefix) {
			continue
		}
		w.waiting.add(e)
		select {
		case w.bell <- struct{}{}:
		default:
		}
	}
}

func deliver(ctx context.Context, c changes, event func(store.Event) error) error {
	for _, key := range c.order {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("memstore: %w", err)
		}
		e := c.of[key]
		e.Entry.Value = bytes.Clone(e.Entry.Value)
		if err := event(e); err != nil {
			return err
		}
	}
	return nil
}
