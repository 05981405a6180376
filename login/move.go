package login

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/edgeward/edgeward/store"
)

// Copy keeps under to, until expires, what is kept under from, before a session
// gets another id: whatever finds the new session finds the rest of its sign-in.
// What else came of the sign-in goes with to as well from then on. [Login.Drop]
// completes the move; without it the copy is harmless, and [Login.Forget] removes
// it. The error wraps [ErrNoRecord] when nothing is kept under from. Else errors
// mean: could not tell.
func (l *Login) Copy(ctx context.Context, from, to string, expires time.Time) error {
	rec, err := l.Recall(ctx, from)
	if err != nil {
		return err
	}
	if err := l.keep(ctx, to, &rec, expires); err != nil {
		return err
	}
	return l.amend(ctx, &rec, func(with []string) []string { return append(with, to) })
}

// Drop drops what is kept under from, after a session has got another id.
//
// The error wraps [ErrNoRecord] when nothing is kept under from any more: who
// ends a sign-in forgets it last, so it has ended, and what it was copied to has
// to end, too. Who ends it in between either is seen here, or finds the copy when
// they list again. Else errors mean: could not tell.
func (l *Login) Drop(ctx context.Context, from string) error {
	rec, err := l.Recall(ctx, from)
	if err != nil {
		return err
	}
	err = l.amend(ctx, &rec, func(with []string) []string {
		return slices.DeleteFunc(with, func(id string) bool { return id == from })
	})
	if err != nil {
		return err
	}
	_, err = store.Update(ctx, l.rows, l.rows.Key(from), func(e store.Entry) ([]byte, time.Time, error) {
		return e.Value, time.UnixMilli(1), nil // absent from now on
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrNoRecord
	case err != nil:
		return l.rows.Unavailable(err)
	}
	l.unindex(ctx, from, &rec)
	return nil
}

// amend changes what the others of a sign-in, if they did not end before, go
// with.
func (l *Login) amend(ctx context.Context, rec *Record, change func(with []string) []string) error {
	for _, id := range rec.With {
		_, err := store.Update(ctx, l.rows, l.rows.Key(id), func(e store.Entry) ([]byte, time.Time, error) {
			other, err := l.readRecord(e)
			if err != nil {
				return nil, time.Time{}, err
			}
			other.With = change(other.With)
			return l.sealRecord(id, &other), e.Expires, nil
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return l.rows.Unavailable(err)
		}
	}
	return nil
}
