package apikey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward/internal/keep/record"
)

const (
	useGrain = time.Minute // a key's uses within it are one
	maxUses  = 1 << 16     // keys whose use waits to be written; of more it is not known
)

// note remembers that a key was used. It writes nothing.
func (k *Keys) note(id keyID, row *known, now time.Time) {
	at, last := now.UnixMilli(), row.used.Load()
	if at-last < useGrain.Milliseconds() || !row.used.CompareAndSwap(last, at) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.uses) < maxUses {
		k.uses[id] = now
	}
}

// Flush writes when keys were last used, which requests only note. Call it
// every few minutes and at the end. What could not be written waits for the
// next time; no key depends on it.
func (k *Keys) Flush(ctx context.Context) error {
	k.mu.Lock()
	waiting := k.uses
	k.uses = map[keyID]time.Time{}
	k.mu.Unlock()
	var faults []error
	for id, at := range waiting {
		err := k.writeUse(ctx, id, at)
		switch {
		case err == nil || errors.Is(err, ErrUnknown):
		case errors.Is(err, record.ErrUnreadable): // trying again would not help
			faults = append(faults, fmt.Errorf("apikey: last use of %s: %w", id[:], err))
		default:
			k.keep(waiting)
			return errors.Join(append(faults, err)...)
		}
		delete(waiting, id)
	}
	return errors.Join(faults...)
}

func (k *Keys) writeUse(ctx context.Context, id keyID, at time.Time) error {
	_, err := k.change(ctx, id, func(r *row, _ time.Time) error {
		if at.After(r.Used) {
			r.Used = at
		}
		return nil
	})
	return err
}

// keep puts back what was not written.
func (k *Keys) keep(waiting map[keyID]time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, at := range waiting {
		if at.After(k.uses[id]) && len(k.uses) < maxUses {
			k.uses[id] = at
		}
	}
}
