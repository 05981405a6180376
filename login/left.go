package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward/internal/record"
	"github.com/edgeward/edgeward/store"
)

const (
	leftVersion = 1

	// leftLife is how long it is known that somebody has left at a provider: longer
	// than any sign-in takes from its callback on.
	leftLife = TransactionLife
)

// ErrLeft is an ErrState: while the sign-in was being carried out the provider
// said that the person has left there.
var ErrLeft = fmt.Errorf("login: the provider has ended that session meanwhile: %w", ErrState)

// leave notes that e has ended, before what came of it is looked for: a sign-in
// that is being carried out is found by that look, or finds the note. Errors
// mean: could not tell.
func (l *Login) leave(ctx context.Context, e *Ended) error {
	now := l.clock.Now()
	w := record.New(leftVersion)
	w.Time("at", now)
	key, note := leftKey(&l.seal[0], e.Issuer, e.Subject, e.SID), w.End()
	for range 2 { // the note of before may expire between the two
		_, err := l.store.Create(ctx, key, note, now.Add(leftLife))
		if errors.Is(err, store.ErrExists) {
			_, err = store.Update(ctx, l.store, key, func(store.Entry) ([]byte, time.Time, error) { return note, now.Add(leftLife), nil })
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return unavailable("logouts", 0, err)
		}
	}
	return unavailable("logouts", 0, store.ErrConflict)
}

// hasLeft wraps [ErrLeft] when the provider has said, since the callback of s was
// taken, that its session or its person has left.
func (l *Login) hasLeft(ctx context.Context, s *SignIn) error {
	if s.began.IsZero() {
		return nil // it did not come from Finish
	}
	for i := range l.seal {
		for _, key := range leftKeys(&l.seal[i], s) {
			e, err := l.store.Get(ctx, key)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return unavailable("logouts", 0, err)
			}
			r, err := record.Read(e.Value, leftVersion)
			if err != nil {
				return unavailable("logouts", 0, err)
			}
			if r.Time("at").After(s.began) {
				return ErrLeft
			}
		}
	}
	return nil
}

// leftKeys are the notes that concern s.
func leftKeys(k *sealKey, s *SignIn) []string {
	all := []string{leftKey(k, s.Issuer, s.Subject, "")}
	if s.SID != "" {
		all = append(all, leftKey(k, s.Issuer, "", s.SID))
	}
	return all
}

// leftKey returns where it is noted that a session at a provider has ended, or
// without one all of a person. The tuple is a longer one than those of the
// indexes, so that it shares no name with them.
func leftKey(k *sealKey, issuer, subject, sid string) string {
	if sid != "" {
		subject = ""
	}
	return "login/left/" + k.name(issuer, subject, sid, "")
}
