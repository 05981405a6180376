package login

import (
	"context"
	"time"

	"github.com/edgeward/edgeward"
)

// A Record is what a sign-in leaves behind for the day of its end.
type Record struct {
	Provider, Issuer, SID string
	IDToken               edgeward.Secret
}

// Keep keeps the record of s, sealed, under the public id of the session or the
// refresh family that it became, until that one's absolute end. With a store
// that lists it is found by [Login.Linked], too. Errors mean: could not tell.
func (l *Login) Keep(ctx context.Context, id string, s SignIn, expires time.Time) error {
	return ErrNoRecord
}

// Recall returns what was kept under id. The error wraps [ErrNoRecord] when
// there is nothing, else it means: could not tell.
func (l *Login) Recall(ctx context.Context, id string) (Record, error) {
	return Record{}, ErrNoRecord
}

// Forget drops what was kept under id. That there is nothing is no error;
// errors mean: could not tell.
func (l *Login) Forget(ctx context.Context, id string) error {
	return ErrNoRecord
}

// Linked returns the ids whose sign-ins belong to the session sid at the
// provider with that issuer, in no order that means anything. Some of them may
// have ended. Errors wrap [ErrNoList], or mean: could not tell.
func (l *Login) Linked(ctx context.Context, issuer, sid string) ([]string, error) {
	return nil, ErrNoList
}
