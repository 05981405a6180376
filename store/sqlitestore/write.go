package sqlitestore

import (
	"context"
	"database/sql/driver"
	"fmt"
	"runtime"
	"time"

	"github.com/edgeward/edgeward/store"
)

// A write is one caller's part of a transaction.
type write struct {
	ctx    context.Context
	change func(*batch) error
	err    error         // the answer, once done is closed
	done   chan struct{} // closed by whoever had the turn
}

// A batch is a transaction while it is made.
type batch struct {
	conn    *conn
	now     int64 // in milliseconds
	version int64 // the newest that was drawn
	err     error // of SQLite: the transaction has failed for everybody
}

// exec changes rows, and tells how many.
func (b *batch) exec(query string, args ...driver.Value) (changed int64) {
	if b.err == nil {
		changed, b.err = b.conn.exec(query, args...)
	}
	return changed
}

func (b *batch) next() int64 {
	b.version++
	return b.version
}

// Create implements [store.Store].
func (s *Store) Create(ctx context.Context, key string, value []byte, expires time.Time) (v store.Version, err error) {
	if err := ready(ctx, store.CheckWrite(key, value)); err != nil {
		return 0, err
	}
	value = own(value)
	var version int64
	err = s.write(ctx, func(b *batch) error {
		version = b.next()
		if b.exec(`INSERT INTO entry (version, key, expires, value) VALUES (?, ?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET version = excluded.version, expires = excluded.expires, value = excluded.value
			WHERE entry.expires <= ?`, version, key, toMillis(expires), value, b.now) == 0 {
			return fmt.Errorf("sqlitestore: %w", store.ErrExists)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return store.Version(version), nil
}

// Replace implements [store.Store].
func (s *Store) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (v store.Version, err error) {
	if err := ready(ctx, store.CheckWrite(key, value)); err != nil {
		return 0, err
	}
	value = own(value)
	var version int64
	err = s.write(ctx, func(b *batch) error {
		version = b.next()
		if b.exec(`UPDATE entry SET version = ?, expires = ?, value = ? WHERE key = ? AND version = ? AND expires > ?`,
			version, toMillis(expires), value, key, int64(old), b.now) == 0 {
			return fmt.Errorf("sqlitestore: %w", store.ErrConflict)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return store.Version(version), nil
}

// Delete implements [store.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := ready(ctx, store.CheckKey(key)); err != nil {
		return err
	}
	return s.write(ctx, func(b *batch) error {
		b.exec(`UPDATE entry SET version = ?, expires = ?, value = x'' WHERE key = ? AND expires <> ?`, b.next(), int64(deleted), key, int64(deleted))
		return nil
	})
}

// own copies a value, because its caller may give up and use the bytes for
// something else while the write is still in the queue. It is never nil,
// which SQLite would take for NULL.
func own(value []byte) []byte { return append(make([]byte, 0, len(value)), value...) }

// write queues a change and waits for its answer, committing for all that are
// in the queue if nobody else does. A context that ends meanwhile leaves the
// outcome unknown.
func (s *Store) write(ctx context.Context, change func(*batch) error) error {
	w := &write{ctx: ctx, change: change, done: make(chan struct{})}
	s.mu.Lock()
	s.queue = append(s.queue, w)
	s.mu.Unlock()
	select {
	case <-w.done:
		return w.err
	case s.turn <- struct{}{}:
		s.commitQueue()
		<-w.done
		return w.err
	case <-ctx.Done():
		return fmt.Errorf("sqlitestore: outcome unknown: %w", ctx.Err())
	case <-s.closed:
		return ErrClosed
	}
}

// commitQueue commits all that is in the queue and gives the turn back. The
// writes are answered first, so that the turn goes to one that came later.
func (s *Store) commitQueue() {
	defer func() { <-s.turn }()
	runtime.Gosched() // those answered last may be about to queue their next write
	s.mu.Lock()
	writes := s.queue
	s.queue = nil
	s.mu.Unlock()
	s.commit(writes)
	for _, w := range writes {
		close(w.done)
	}
}

// commit makes one transaction of the writes and sets their answers.
func (s *Store) commit(writes []*write) {
	b := &batch{conn: s.writer, now: s.now().UnixMilli(), version: s.drawn}
	b.exec(`BEGIN IMMEDIATE`)
	for _, w := range writes {
		switch err := w.ctx.Err(); {
		case err != nil:
			w.err = fmt.Errorf("sqlitestore: %w", err)
		case b.err == nil:
			w.err = w.change(b)
		}
	}
	b.exec(`COMMIT`)
	s.drawn = b.version
	if b.err != nil {
		_, _ = s.writer.exec(`ROLLBACK`) // fails where SQLite has done it already
		for _, w := range writes {
			w.err = fmt.Errorf("sqlitestore: outcome unknown: %w", b.err)
		}
		return
	}
	s.head.Store(b.version)
	s.watches.wake()
}
