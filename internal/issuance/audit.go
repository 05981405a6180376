package issuance

import (
	"context"

	"github.com/edgeward/edgeward/audit"
)

// An Audit log keeps what was done to which credential: an [audit.Log]. It is
// safe for concurrent use.
type Audit interface {
	// Append returns once r is kept, or why it is not: what r says was done
	// holds all the same. It may keep r.
	Append(ctx context.Context, r Record) error
}

// A Record is what was done, or refused.
type Record = audit.Record

// HandedOutStore takes note that somebody was sent a copy of the whole store,
// be it in part.
func (a *Authority) HandedOutStore(ctx context.Context, by By) {
	a.record(ctx, by, Record{Action: "store.backup", Object: "store"})
}

// record tells the audit log what has happened. A log that cannot be written
// undoes nothing and hides nothing: a revocation holds all the same, and a
// credential was made all the same. It is reported loudly instead.
func (a *Authority) record(ctx context.Context, by By, r Record) {
	if a.Audit == nil {
		return
	}
	r.Actor, r.RequestID, r.UserAgent = by.Actor, by.RequestID, by.UserAgent
	if by.Client.IsValid() {
		r.Client = by.Client.String()
	}
	// A client that hangs up must not keep its operation out of the log.
	if err := a.Audit.Append(context.WithoutCancel(ctx), r); err != nil && a.Unaudited != nil {
		a.Unaudited(err)
	}
}
