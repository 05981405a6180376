package login

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/edgeward/edgeward/store"
)

// Move keeps under to what was kept under from, until expires: a session got
// another id. What else came of the sign-in goes with to from then on.
//
// The error wraps [ErrNoRecord] when nothing is kept under from, or not any more
// when Move is through: who ends a sign-in forgets it last, so it has ended, and
// to has to end, too. Who ends it in between either is seen here, or finds to
// when they list again. Else errors mean: could not tell.
func (l *Login) Move(ctx context.Context, from, to string, expires time.Time) error {
	rec, err := l.Recall(ctx, from)
	if err != nil {
		return err
	}
	if err := l.keep(ctx, to, &rec, expires); err != nil {
		return err
	}
	for _, other := range rec.With {
		if err := l.rename(ctx, other, from, to); err != nil {
			return err
		}
	}
	_, err = store.Update(ctx, l.store, recordKey(from), func(e store.Entry) ([]byte, time.Time, error) {
		return e.Value, time.UnixMilli(1), nil // absent from now on
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrNoRecord
	case err != nil:
		return unavailable("sign-ins", 0, err)
	}
	l.unindex(ctx, from, &rec)
	return nil
}

// rename has the record of id, if it did not end before, go with to instead of
// from.
func (l *Login) rename(ctx context.Context, id, from, to string) error {
	_, err := store.Update(ctx, l.store, recordKey(id), func(e store.Entry) ([]byte, time.Time, error) {
		rec, err := l.readRecord(e)
		if err != nil {
			return nil, time.Time{}, err
		}
		rec.With = append(slices.DeleteFunc(rec.With, func(with string) bool { return with == from }), to)
		return l.sealRecord(id, &rec), e.Expires, nil
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return unavailable("sign-ins", 0, err)
	}
	return nil
}
