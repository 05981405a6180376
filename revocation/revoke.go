package revocation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward/store"
)

// Revoke makes e hold: in the store, for good, and in this node's memory,
// before it returns. It returns the entry as it stands. What was revoked
// before is never narrowed: of two entries for the same thing the later times
// hold.
//
// An error that wraps [ErrEntry] means that e names nothing; after any other
// the outcome is unknown, and revoking again is the way to know. It never
// reports success for what the store did not acknowledge.
func (l *Log) Revoke(ctx context.Context, e Entry) (Entry, error) {
	if e.Scope == change {
		return Entry{}, errChange
	}
	return l.put(ctx, e)
}

// errChange: a change revokes nothing, so that it would be a revocation of nothing.
var errChange = fmt.Errorf("%w: scope %q is unknown", ErrEntry, change)

func (l *Log) put(ctx context.Context, e Entry) (Entry, error) {
	e, err := l.complete(e)
	if err != nil {
		return Entry{}, err
	}
	stored, err := l.write(ctx, e)
	if err != nil {
		return Entry{}, fmt.Errorf("revocation: %s not known to be revoked: %w", e.Scope, err)
	}
	if l.apply(stored) && l.lag != nil {
		l.lag(max(0, l.clock.Now().Sub(e.Revoked)))
	}
	return stored, nil
}

// Validate returns the error that wraps [ErrEntry], for an entry that Revoke
// would refuse. It writes nothing.
func (l *Log) Validate(e Entry) error {
	if e.Scope == change {
		return errChange
	}
	_, err := l.complete(e)
	return err
}

// lives bounds how often an entry may expire between the look that finds it
// and the write that extends it.
const lives = 3

func (l *Log) write(ctx context.Context, e Entry) (Entry, error) {
	for range lives {
		_, err := l.store.Create(ctx, e.key(), e.row(), e.keptUntil())
		if !errors.Is(err, store.ErrExists) {
			return e, err
		}
		stored, err := l.extend(ctx, e)
		if !errors.Is(err, store.ErrNotFound) {
			return stored, err
		}
	}
	return Entry{}, store.ErrContended
}

var errCovered = errors.New("revocation: stands already")

// extend adds e to the entry that is there, if it says anything new.
func (l *Log) extend(ctx context.Context, e Entry) (merged Entry, err error) {
	_, err = store.Update(ctx, l.store, e.key(), func(row store.Entry) ([]byte, time.Time, error) {
		old, err := parse(row.Key, row.Value)
		if err != nil {
			return nil, time.Time{}, err
		}
		var covered bool
		if merged, covered = e.merged(old); covered {
			merged = old
			return nil, time.Time{}, errCovered
		}
		return merged.row(), merged.keptUntil(), nil
	})
	if errors.Is(err, errCovered) {
		err = nil
	}
	return merged, err
}

// apply makes e hold in this node's memory. It reports whether that is news.
func (l *Log) apply(e Entry) bool {
	kept := int64(forever)
	if until := e.keptUntil(); !until.IsZero() {
		kept = until.UnixMilli()
	}
	return l.holds(e.Scope).add(e.handle(), e.cutoff(), kept)
}

// holds returns what entries of a scope are held in. Changes revoke nothing: where
// revocations are counted they are not.
func (l *Log) holds(s Scope) *set {
	if s == change {
		return &l.changes
	}
	return &l.set
}

// Sweep forgets entries whose time and [Margin] are over, in one of 256 parts
// of the memory, the next one at every call. It returns how many they were.
func (l *Log) Sweep() (forgotten int) {
	part, now := int((l.nextShard.Add(1)-1)%shards), l.clock.Now().UnixMilli()
	return l.set.sweep(part, now) + l.changes.sweep(part, now)
}
