package sqlitestore

import (
	"context"
	"time"
)

// pause is how long a sweep waits for more to expire, and breath how long it
// lets others write between two steps of one round.
const (
	pause  = 10 * time.Second
	breath = 10 * time.Millisecond
)

// Run removes what has expired or was deleted, in small steps, until ctx ends
// or the store is closed. A step that fails is tried again: the writers hear
// of the same trouble.
func (s *Store) Run(ctx context.Context) error {
	for {
		wait := pause
		if swept, err := s.sweep(ctx); err == nil && swept == step {
			wait = breath
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closed:
			return ErrClosed
		}
	}
}

// sweep removes some of the rows that are gone, and tells how many. It leaves
// those that a watch has not passed, and the newest of all: the sequence of
// versions goes on from there when the file is opened again.
func (s *Store) sweep(ctx context.Context) (int64, error) {
	passed := s.watches.slowest(s.head.Load())
	var swept int64 // written by whoever commits, maybe after this has given up
	err := s.write(ctx, func(b *batch) error {
		swept = b.exec(`DELETE FROM entry WHERE version IN (
			SELECT version FROM entry
			WHERE expires <= ? AND +version <= ? AND +version < (SELECT max(version) FROM entry)
			ORDER BY expires LIMIT ?)`, b.now, passed, int64(step))
		return nil
	})
	if err != nil {
		return 0, err
	}
	return swept, nil
}
