package sqlitestore

import (
	"context"
	"database/sql/driver"
)

// Hold keeps all writers waiting.
func (s *Store) Hold() (release func()) {
	s.turn <- struct{}{}
	return func() { <-s.turn }
}

// Queued counts the writers that wait.
func (s *Store) Queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

// Sweep makes one step of Run.
func (s *Store) Sweep(ctx context.Context) (int64, error) { return s.sweep(ctx) }

// Ask runs a query for one integer on the connection that writes.
func (s *Store) Ask(query string) (int64, error) {
	defer s.Hold()()
	return s.writer.integer(query)
}

// Occupy has one reader get an answer that takes until release is closed, and
// tells when that begins.
func (s *Store) Occupy(ctx context.Context, begun func(), release <-chan struct{}) error {
	_, err := read(ctx, s, func([]driver.Value) int { begun(); <-release; return 0 }, `SELECT 1`)
	return err
}

// Readers counts those that read at the same time at most.
func (s *Store) Readers() int { return cap(s.readers) }
