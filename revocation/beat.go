package revocation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/store"
)

// Beats are rows among the entries, one a node, so that they take the same way
// through the watch.
const (
	beatPrefix = prefix + "beat/"
	beatKept   = time.Hour // after the last beat of a node that is gone
)

// A beat proves that the watch is alive: the node writes it, and once the watch
// tells of it, everything that was revoked before it was written has been told
// too. Only the node's own clock is involved.
//
// A watch may leave out states of a key and tell its last one at the place of
// any of them. So while a beat is on its way, a further one proves no more than
// the first: that it was written then. And an entry that was extended while it
// was on its way may come after the beat between, in the same delivery.
type beat struct {
	key   string
	alive atomic.Pointer[time.Time] // what had happened by then is known; nil: nothing is

	mu      sync.Mutex // never held across I/O
	count   int64      // of beats written
	awaited int64      // the first one that the watch has not told of
	sent    time.Time  // when it was written; zero when none is on its way
}

// Beat writes this node's beat. The program calls it at an interval, one call
// at a time; an error is worth a log line, and the staleness grows meanwhile.
func (l *Log) Beat(ctx context.Context) error {
	row := l.beat.next(l.now())
	if err := put(ctx, l.store, l.beat.key, row, l.clock.Now().Add(beatKept)); err != nil {
		return fmt.Errorf("revocation: beat: %w", err)
	}
	return nil
}

func (b *beat) next(now time.Time) (row []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	if b.sent.IsZero() {
		b.sent, b.awaited = now, b.count
	}
	w := record.New(rowVersion)
	w.Time("count", time.UnixMilli(b.count))
	return w.End()
}

// put writes a row that only this node writes.
func put(ctx context.Context, s store.Store, key string, row []byte, expires time.Time) error {
	_, err := store.Update(ctx, s, key, func(store.Entry) ([]byte, time.Time, error) { return row, expires, nil })
	if errors.Is(err, store.ErrNotFound) {
		_, err = s.Create(ctx, key, row, expires)
	}
	return err
}

// acknowledge takes note that the watch told of a beat.
func (b *beat) acknowledge(row []byte) error {
	r, err := record.Read(row, rowVersion)
	if err != nil {
		return fmt.Errorf("revocation: beat: %w", err)
	}
	count := r.Time("count").UnixMilli()
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Err() == nil && !b.sent.IsZero() && count >= b.awaited {
		b.confirm(b.sent)
		b.sent = time.Time{}
	}
	return r.Err()
}

// restart takes note that a watch which began then has told the whole state.
// Beats on their way belonged to an earlier one.
func (b *beat) restart(began time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.confirm(began)
	b.sent = time.Time{}
}

func (b *beat) confirm(at time.Time) { b.alive.Store(&at) }

// Staleness returns how old this node's knowledge may be at now: everything
// that was revoked so long before, on any node, is known. It grows while the
// watch is silent, and without end while it is broken; it is the greatest
// Duration for a node that was never told what is revoked.
//
// It is exact as long as now and Config.Now have monotonic readings, which
// time.Now has: then no step of the clock makes old knowledge fresh.
func (l *Log) Staleness(now time.Time) time.Duration {
	alive := l.beat.alive.Load()
	if alive == nil {
		return math.MaxInt64
	}
	return max(0, now.Sub(*alive))
}
