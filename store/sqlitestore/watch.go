package sqlitestore

import (
	"context"
	"database/sql/driver"
	"fmt"
	"sync"

	"github.com/edgeward/edgeward/store"
)

// step is how many rows are read, or swept, at a time.
const step = 256

// watches know how far each watch is, and wake those that wait.
type watches struct {
	mu   sync.Mutex
	told map[*watch]int64 // every change up to this version was told, or is of no interest
	bell chan struct{}    // closed at the next commit
}

func newWatches() watches {
	return watches{told: map[*watch]int64{}, bell: make(chan struct{})}
}

// wake tells those that wait of a commit.
func (w *watches) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.bell)
	w.bell = make(chan struct{})
}

// next is closed at the first commit from now on.
func (w *watches) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bell
}

func (w *watches) reach(one *watch, version int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one.told = version
	w.told[one] = version
}

func (w *watches) leave(one *watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.told, one)
}

// slowest is the version that every watch has reached, at most head.
func (w *watches) slowest(head int64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, told := range w.told {
		head = min(head, told)
	}
	return head
}

// A watch is one call of Watch.
type watch struct {
	store      *Store
	ctx        context.Context
	first, end string // of the keys
	told       int64
	event      func(store.Event) error
}

// Watch implements [store.Watcher]. While a callback blocks, nothing that was
// deleted since is swept from the file.
func (s *Store) Watch(ctx context.Context, prefix string, event func(store.Event) error, synced func() error) error {
	if err := ready(ctx, store.CheckPrefix(prefix)); err != nil {
		return err
	}
	w := &watch{store: s, ctx: ctx, event: event}
	w.first, w.end = span(prefix, "")
	s.watches.reach(w, s.head.Load())
	defer s.watches.leave(w)
	if err := w.tellState(); err != nil {
		return err
	}
	if err := synced(); err != nil {
		return err
	}
	for {
		bell := s.watches.next()
		if err := w.tellChanges(); err != nil {
			return err
		}
		select {
		case <-bell:
		case <-ctx.Done():
			return fmt.Errorf("sqlitestore: %w", ctx.Err())
		case <-s.closed:
			return ErrClosed
		}
	}
}

// tellState tells of the entries. Those that change meanwhile are told again
// by tellChanges.
func (w *watch) tellState() error {
	for first := w.first; ; {
		page, err := w.rows(`SELECT key, version, expires, value FROM entry
			WHERE key >= ? AND key < ? AND +expires > ? ORDER BY key LIMIT ?`,
			first, w.end, w.store.now().UnixMilli(), int64(step))
		if err != nil {
			return err
		}
		if err := w.tell(page); err != nil || len(page) < step {
			return err
		}
		first = page[step-1].Entry.Key + " "
	}
}

// tellChanges tells of everything that was committed before it began.
func (w *watch) tellChanges() error {
	for {
		head := w.store.head.Load()
		changes, err := w.rows(`SELECT key, version, expires, value FROM entry
			WHERE version > ? AND version <= ? AND +key >= ? AND +key < ? ORDER BY version LIMIT ?`,
			w.told, head, w.first, w.end, int64(step))
		if err != nil {
			return err
		}
		if err := w.tell(changes); err != nil {
			return err
		}
		if len(changes) == step {
			head = int64(changes[step-1].Entry.Version)
		}
		w.store.watches.reach(w, head)
		if len(changes) < step {
			return nil
		}
	}
}

// rows takes the time that it needs: a watch that broke would be told everything
// again.
func (w *watch) rows(query string, args ...driver.Value) ([]store.Event, error) {
	return read(w.ctx, w.store, func(row []driver.Value) store.Event {
		return store.Event{Entry: toEntry(row), Deleted: row[2] == driver.Value(int64(deleted))}
	}, query, args...)
}

func (w *watch) tell(events []store.Event) error {
	for _, e := range events {
		if err := w.ctx.Err(); err != nil {
			return fmt.Errorf("sqlitestore: %w", err)
		}
		if err := w.event(e); err != nil {
			return err
		}
	}
	return nil
}
