package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// attempts bounds how often Update tries against others who change the same
// entry. Every conflict means that somebody else succeeded.
const attempts = 64

// ErrContended says that an Update lost its race too often. It is a "could not
// tell" for the caller, and nothing was written.
var ErrContended = errors.New("store: too many conflicting writers")

// A Change computes an entry's next state from its current one. It may be
// called several times, so it has no side effects.
type Change func(current Entry) (value []byte, expires time.Time, err error)

// Update reads the entry and replaces it by what change makes of it, again
// until nobody interferes. It returns the entry as written. An error of change
// ends it and is returned as it is; ErrNotFound when there is no entry.
func Update(ctx context.Context, s Store, key string, change Change) (Entry, error) {
	for range attempts {
		current, err := s.Get(ctx, key)
		if err != nil {
			return Entry{}, err
		}
		value, expires, err := change(current)
		if err != nil {
			return Entry{}, err
		}
		version, err := s.Replace(ctx, key, current.Version, value, expires)
		if err == nil {
			return Entry{Key: key, Value: value, Version: version, Expires: expires}, nil
		}
		if !errors.Is(err, ErrConflict) {
			return Entry{}, err
		}
	}
	return Entry{}, fmt.Errorf("%w on %s", ErrContended, key)
}
