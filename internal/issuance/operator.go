package issuance

import (
	"context"
	"time"

	"github.com/edgeward/edgeward/revocation"
)

const (
	// ConsoleObject is what the names of operators' sign-ins through a provider
	// begin with. It is the session of their identity, so that a revocation of
	// that closes the console.
	ConsoleObject = "console/"
	// MethodConsole is what the identities of operators who have signed in
	// through a provider say of how they were proved.
	MethodConsole = "openid"
	// ConsoleLifetime is how long an operator is signed in at most.
	ConsoleLifetime = 12 * time.Hour
)

// OperatorSignedIn tells the audit log that somebody has signed in at the
// console.
func (a *Authority) OperatorSignedIn(ctx context.Context, by By) {
	a.record(ctx, by, Record{Action: "console.sign_in", Object: "console"})
}

// OperatorSignedOut tells the audit log that somebody has left the console.
func (a *Authority) OperatorSignedOut(ctx context.Context, by By) {
	a.record(ctx, by, Record{Action: "console.sign_out", Object: "console"})
}

// endOperator closes the console for the sign-in of that name, on every node.
func (a *Authority) endOperator(ctx context.Context, by By, object, reason string) error {
	ctx, done := Detached(ctx)
	defer done()
	entry := revocation.Entry{Scope: revocation.Session, Value: object, Expires: a.clock.Now().Add(ConsoleLifetime), Reason: reason}
	if _, err := a.Revocations.Revoke(ctx, entry); err != nil {
		return translate(err)
	}
	a.record(ctx, by, Record{Action: "console.end", Object: object, Reason: reason})
	return nil
}
