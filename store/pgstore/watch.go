package pgstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/jackc/pgx/v5"
)

const (
	step = 256         // rows that are read, or swept, at a time
	poll = time.Second // how long a watch relies on notifications
)

// Why a watch ends before its context. Its caller watches again.
var (
	ErrBehind  = errors.New("pgstore: the watch fell behind: what it was not told of is swept")
	ErrHistory = errors.New("pgstore: another server, or another history of it, answers: what was told may have been lost there")
)

// A bell wakes all that wait for it.
type bell struct {
	mu   *sync.Mutex
	next *chan struct{}
}

func newBell() bell {
	next := make(chan struct{})
	return bell{mu: new(sync.Mutex), next: &next}
}

func (b bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(*b.next)
	*b.next = make(chan struct{})
}

// heard is closed when the bell next rings.
func (b bell) heard() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return *b.next
}

// A watch is one call of Watch.
type watch struct {
	store  *Store
	ctx    context.Context
	prefix string
	told   int64  // every change up to this version was told, or is of no interest
	epoch  string // in which that is true
	event  func(store.Event) error
}

// Watch implements [store.Watcher]. It asks the server once a second, and at
// once when [Store.Run] hears of a change; so it ends within a few seconds of
// the server's being cut off.
func (s *Store) Watch(ctx context.Context, prefix string, event func(store.Event) error, synced func() error) error {
	if err := ready(ctx, store.CheckPrefix(prefix)); err != nil {
		return err
	}
	w := &watch{store: s, ctx: ctx, prefix: prefix, event: event}
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.tellState(); err != nil {
		return err
	}
	if err := synced(); err != nil {
		return err
	}
	for {
		heard := s.bell.heard()
		if err := w.tellChanges(); err != nil {
			return err
		}
		select {
		case <-heard:
		case <-time.After(poll):
		case <-ctx.Done():
			return fmt.Errorf("pgstore: %w", ctx.Err())
		case <-s.closed:
			return ErrClosed
		}
	}
}

// begin finds the place in the log from which changes are told.
func (w *watch) begin() error {
	return w.store.reads.do(w.ctx, &read{query: func(ctx context.Context, l *link) error {
		w.epoch = l.epoch
		return l.QueryRow(ctx, w.store.sql.head).Scan(&w.told)
	}})
}

// tellState tells of the entries. Those that change meanwhile are told again
// by tellChanges.
func (w *watch) tellState() error {
	first, end := span(w.prefix, "")
	for {
		var page []store.Event
		err := w.ask(func(ctx context.Context, l *link) (err error) {
			page, err = collect(l.Query(ctx, w.store.sql.list, first, end, step))
			return err
		})
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
		var head, swept int64
		var changes []store.Event
		err := w.ask(func(ctx context.Context, l *link) (err error) {
			head, changes, swept, err = w.since(ctx, l)
			return err
		})
		if err != nil {
			return err
		}
		if w.told < swept {
			return ErrBehind
		}
		if err := w.tell(changes); err != nil {
			return err
		}
		if len(changes) < step {
			w.told = max(w.told, head)
		}
		if len(changes) > 0 {
			w.told = max(w.told, int64(changes[len(changes)-1].Entry.Version))
		}
		if len(changes) < step {
			return nil
		}
	}
}

// since reads in one round trip, and in this order: the newest version, the
// changes, and how far the log was swept. Each sees at least what the one before
// has seen, so that no change up to head is missing and no sweep goes unnoticed.
func (w *watch) since(ctx context.Context, l *link) (head int64, changes []store.Event, swept int64, err error) {
	var b pgx.Batch
	b.Queue(w.store.sql.head).QueryRow(func(row pgx.Row) error { return row.Scan(&head) })
	b.Queue(w.store.sql.changes, w.told, w.prefix, step).Query(func(rows pgx.Rows) error {
		changes, err = collect(rows, nil)
		return err
	})
	b.Queue(w.store.sql.swept).QueryRow(func(row pgx.Row) error { return row.Scan(&swept) })
	err = l.SendBatch(ctx, &b).Close()
	return head, changes, swept, err
}

// ask reads on a connection to the server that the watch began with.
func (w *watch) ask(query func(context.Context, *link) error) error {
	other := false
	err := w.store.reads.do(w.ctx, &read{query: func(ctx context.Context, l *link) error {
		if other = l.epoch != w.epoch; other {
			return nil
		}
		return query(ctx, l)
	}})
	if err == nil && other {
		return ErrHistory
	}
	return err
}

func (w *watch) tell(events []store.Event) error {
	for _, e := range events {
		if err := w.ctx.Err(); err != nil {
			return fmt.Errorf("pgstore: %w", err)
		}
		if err := w.event(e); err != nil {
			return err
		}
	}
	return nil
}
