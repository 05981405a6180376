package revocation

import (
	"context"
	"errors"
	"time"

	"github.com/edgeward/edgeward"
)

// changeLife is how long a change is kept: longer than what was read of an account
// is believed anywhere. Caches believe it for minutes, an access token, the longest, for
// an hour. What is open longer ends when the change arrives.
const changeLife = 24 * time.Hour

// Announce has every node know that a user lost something at that moment, in
// milliseconds since 1970: [edgeward.Identity.AsOf] of the account as it is since. It
// revokes nothing, is not among what [Log.List] and [Log.Len] show, and is forgotten
// within days. The account has to say so before: who hears of it reads that. Of two
// changes of one user the later one holds.
//
// Errors are those of [Log.Revoke].
func (l *Log) Announce(ctx context.Context, issuer, subject string, at int64) error {
	_, err := l.put(ctx, Entry{Scope: change, Issuer: issuer, Value: subject, NotBefore: time.UnixMilli(at)})
	return err
}

// Superseded reports whether this node knows that the account which id was read from
// has lost something since: id is not to be believed, and read again. It waits for
// nothing and allocates nothing. An identity without [edgeward.Identity.AsOf] is read
// from no account.
func (l *Log) Superseded(id *edgeward.Identity) bool {
	if id.AsOf == 0 {
		return false
	}
	at, found := l.changes.find(id.Handles().Of(edgeward.ChangeHandle))
	return found && id.AsOf < at
}

// ChangedAt returns the latest change of a user that this node knows of, in
// milliseconds since 1970, 0 for none. It waits for nothing.
func (l *Log) ChangedAt(issuer, subject string) int64 {
	at, _ := l.changes.find(edgeward.ChangeHandle.Of(issuer, subject))
	return at
}

// errSuperseded is what [Log.Ask] answers for an identity that it has just heard to be
// superseded: asked again, who proved it reads the account.
var errSuperseded error = &edgeward.UnavailableError{
	What: "the account", RetryAfter: time.Second, Err: errors.New("it changed a moment ago"),
}
