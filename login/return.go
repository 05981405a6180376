package login

import (
	"strings"

	"github.com/edgeward/edgeward"
)

// Origin returns Config.Origin.
func (l *Login) Origin() string { return l.origin }

// CallbackPath returns where providers send browsers back to, below Origin.
func (l *Login) CallbackPath() string { return strings.TrimPrefix(l.callback, l.origin) }

// Return sends a browser that is signed in back where it wanted to go, without a
// sign-in. It counts as a finished one all the same: a browser that has what a
// sign-in gives, and is sent to sign in again and again, goes round and round.
// Errors wrap [ErrReturnTo] or [ErrLoop].
func (l *Login) Return(cookie edgeward.Secret, returnTo string) (Begun, error) {
	returnTo, err := ReturnTo(returnTo, l.origin, l.returnTo)
	if err != nil {
		return Begun{}, err
	}
	now := l.clock.Now()
	j := l.openJar(cookie, now)
	if j.looping(returnTo) {
		return Begun{}, ErrLoop
	}
	j.rounds = append(j.rounds, newRound(returnTo, now))
	return Begun{Location: returnTo, Cookie: l.closeJar(j, now)}, nil
}
