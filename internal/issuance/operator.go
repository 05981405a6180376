package issuance

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
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

// isOperator reports whether id is a user's sign-in at the console, through a
// provider.
func isOperator(id *edgeward.Identity) bool {
	return id.Method == MethodConsole && strings.HasPrefix(id.Session, ConsoleObject)
}

// ExemptFromLogout reports whether id is that of an operator: an API key with an
// administrative scope, or a sign-in at the console. A [revocation.Logout]
// spares those. It can be written by a caller with less power, who could
// otherwise lock all operators out. It spares personal tokens, too: a user who signs
// out of browsers keeps the scripts running, and ends tokens by name or with the
// account (a [revocation.Subject]). It is [revocation.Config.Exempt].
func ExemptFromLogout(id *edgeward.Identity) bool {
	return id.Method == apikey.MethodPersonal || isOperator(id) || id.APIKey != "" && slices.ContainsFunc(id.Permissions, adminscope.Is)
}
