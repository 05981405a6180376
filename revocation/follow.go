package revocation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward/store"
)

// Run follows the store's watch: it learns all entries, then every new one. It
// blocks, and returns an error when the watch breaks or ctx ends. The program
// calls it again after a pause, one call at a time; what the node knows stays.
//
// A row that cannot be read revokes something, and nobody knows what. Run
// learns all others and then returns an error that names it, so the node does
// not count as told.
func (l *Log) Run(ctx context.Context) error {
	w := watching{Log: l}
	began := l.now()
	err := l.store.Watch(ctx, prefix, w.event, func() error {
		if w.unreadable != nil {
			return w.unreadable
		}
		w.live = true
		l.synced.Store(true) // first: whoever sees that the node is fresh may ask it
		l.beat.restart(began)
		return nil
	})
	if w.unreadable != nil && !errors.Is(err, w.unreadable) {
		err = errors.Join(err, w.unreadable) // the watch broke before it came to that
	}
	return fmt.Errorf("revocation: watch: %w", err)
}

// watching is the state of one watch.
type watching struct {
	*Log
	live       bool // the current state was told, and could be read
	unreadable error
}

func (w *watching) event(e store.Event) error {
	if strings.HasPrefix(e.Entry.Key, beatPrefix) {
		// Before synced the order says nothing about what else there is.
		if w.live && e.Entry.Key == w.beat.key && !e.Deleted {
			return w.beat.acknowledge(e.Entry.Value)
		}
		return nil
	}
	if e.Deleted {
		return nil // revocation is terminal
	}
	err := w.learn(e.Entry)
	if err != nil && !w.live {
		w.unreadable = err
		return nil
	}
	return err
}

// learn applies a row, and measures how late it is unless the node is only
// starting.
func (w *watching) learn(row store.Entry) error {
	e, err := parse(row.Key, row.Value)
	if err != nil {
		return err
	}
	if w.apply(e) && w.lag != nil && w.synced.Load() {
		w.lag(max(0, w.clock.Now().Sub(e.Revoked)))
	}
	return nil
}
