package authority

import "context"

// OperatorSignedIn tells the audit log that somebody has signed in at the
// console.
func (a *Authority) OperatorSignedIn(ctx context.Context, by By) {
	a.record(ctx, by, Record{Action: "console.sign_in", Object: "console"})
}

// OperatorSignedOut tells the audit log that somebody has left the console.
func (a *Authority) OperatorSignedOut(ctx context.Context, by By) {
	a.record(ctx, by, Record{Action: "console.sign_out", Object: "console"})
}
