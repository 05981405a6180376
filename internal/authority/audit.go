package authority

import "context"

// An Audit log keeps what was done to which credential.
type Audit interface {
	Append(ctx context.Context, r Record) error
}

// A Record is one deed. It holds no secret: credentials are named by their
// public ids.
type Record struct {
	Actor     string // who: see [By]
	Action    string // what: "session.create"
	Object    string // to what: "session/<public id>", "subject/<issuer> <subject>"
	Reason    string // why, a code or what the actor wrote
	Class     string // of a refresh that betrayed a thief: "reused", "rolled_back"
	RequestID string
}

// record tells the audit log what has happened. A log that cannot be written
// undoes nothing and hides nothing: a revocation holds all the same, and a
// credential was made all the same. It is reported loudly instead.
func (a *Authority) record(ctx context.Context, by By, r Record) {
	if a.Audit == nil {
		return
	}
	r.Actor, r.RequestID = by.Actor, by.RequestID
	// The client that hung up must not keep its deed out of the log.
	if err := a.Audit.Append(context.WithoutCancel(ctx), r); err != nil && a.Unaudited != nil {
		a.Unaudited(err)
	}
}
