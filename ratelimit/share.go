package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/store"
)

const (
	// maxDirty bounds what waits to be shared; the rest counts on this node only.
	maxDirty     = 4096
	defaultBatch = 64

	prefix     = store.BanPrefix
	rowVersion = 1
)

// share notes that other nodes should hear of k, if they should. Until it is
// halfway to a ban each node counts alone: a flood of networks with a guess
// each writes nothing.
func (l *Limiter) share(k key, now int64) {
	if l.store == nil || !l.table.newsworthy(k, now) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.dirty) < maxDirty {
		l.dirty[k] = struct{}{}
	}
}

// Sync tells the store of up to Config.Batch counters that have changed, each in one
// compare-and-swap that adds what this node counted to what all have counted.
// The program calls it at an interval; an error leaves the rest for the next
// time, and this node counts alone meanwhile.
func (l *Limiter) Sync(ctx context.Context) error {
	if l.store == nil {
		return nil
	}
	for _, k := range l.takeDirty() {
		if err := l.send(ctx, k); err != nil {
			return fmt.Errorf("ratelimit: sync: %w", err)
		}
	}
	return nil
}

func (l *Limiter) takeDirty() (keys []key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.dirty {
		if len(keys) == l.batch {
			break
		}
		keys = append(keys, k)
	}
	return keys
}

func (l *Limiter) send(ctx context.Context, k key) error {
	unsent := l.table.takeUnsent(k, l.elapsed())
	l.settled(k)
	shared, err := l.add(ctx, k, unsent)
	if err != nil {
		l.table.giveBack(k, unsent)
		l.share(k, l.elapsed())
		return err
	}
	l.table.learn(k, shared, l.elapsed())
	return nil
}

func (l *Limiter) settled(k key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.dirty, k)
}

// add adds to the row of k and returns what it says then.
func (l *Limiter) add(ctx context.Context, k key, unsent int64) (shared int64, err error) {
	for range 3 { // it may expire or be made by another node between two steps
		_, err = store.Update(ctx, l.store, k.row(), func(row store.Entry) ([]byte, time.Time, error) {
			until, err := l.read(row.Value)
			shared = l.sum(until, unsent)
			return l.write(shared), l.wall(shared), err
		})
		if !errors.Is(err, store.ErrNotFound) {
			return shared, err
		}
		now := l.elapsed()
		if shared = l.sum(now, unsent); shared <= now {
			return shared, nil
		}
		_, err = l.store.Create(ctx, k.row(), l.write(shared), l.wall(shared))
		if !errors.Is(err, store.ErrExists) {
			return shared, err
		}
	}
	return 0, store.ErrContended
}

func (l *Limiter) sum(until, unsent int64) int64 {
	now := l.elapsed()
	return l.rate.clamp(l.rate.clamp(until, now)+unsent, now)
}

// wall puts a time of the table on the wall clock, which nodes share.
func (l *Limiter) wall(until int64) time.Time {
	now := l.now()
	return now.Add(time.Duration(until - int64(now.Sub(l.start)))).Round(0)
}

func (l *Limiter) write(until int64) []byte {
	w := record.New(rowVersion)
	w.Time("until", l.wall(until))
	return w.End()
}

func (l *Limiter) read(row []byte) (until int64, err error) {
	r, err := record.Read(row, rowVersion)
	if err != nil {
		return 0, err
	}
	at := r.Time("until")
	r.Require("until", !at.IsZero())
	now := l.now()
	return int64(now.Sub(l.start)) + int64(at.Sub(now.Round(0))), r.Err()
}

// Run follows what other nodes have counted. It blocks, and returns an error
// when the watch breaks or ctx ends; the program calls it again after a pause,
// one call at a time. Without a store
// it is [errors.ErrUnsupported]. A row that cannot be read is passed over: this node then
// counts alone.
func (l *Limiter) Run(ctx context.Context) error {
	if l.store == nil {
		return fmt.Errorf("ratelimit: no store to follow: %w", errors.ErrUnsupported)
	}
	err := l.store.Watch(ctx, prefix, l.event, func() error { return nil })
	return fmt.Errorf("ratelimit: watch: %w", err)
}

func (l *Limiter) event(e store.Event) error {
	k, ok := parseRow(e.Entry.Key)
	if !ok {
		return nil
	}
	now := l.elapsed()
	if e.Deleted { // cleared, on whatever node
		l.table.remove(k, now)
		return nil
	}
	if until, err := l.read(e.Entry.Value); err == nil {
		l.table.learn(k, until, now)
	}
	return nil
}

// row returns the key of k's row: ban/192.0.2.1/32.
func (k key) row() string { return prefix + k.network().String() }

func parseRow(row string) (k key, ok bool) {
	if source, err := netip.ParsePrefix(strings.TrimPrefix(row, prefix)); err == nil {
		k, ok = clientKey(source.Addr())
	}
	return k, ok && k.row() == row // one spelling
}
