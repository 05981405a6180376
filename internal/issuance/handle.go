package issuance

import (
	"context"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/hosthandle"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// errUnlisted is the refusal of a handle at a host that hosts does not list, or
// does no more: no guess, for it is genuine as likely as not.
var errUnlisted = fmt.Errorf("issuance: a handle at a host that is not listed: %w", edgeward.SessionUnknown)

// CheckListed refuses a handle where no sign-in reaches the host of r, wrapping
// [edgeward.SessionUnknown].
func (a *Authority) CheckListed(r *edgeward.Request, value edgeward.Secret) error {
	if hosthandle.Is(value) && (a.Listed == nil || !a.Listed(r.Host)) {
		return errUnlisted
	}
	return nil
}

// Arrived tells the audit log that a sign-in was handed over to the host of r, by the
// name of what a browser was given a handle of.
func (a *Authority) Arrived(ctx context.Context, by By, object string, r *edgeward.Request) {
	a.record(ctx, by, Record{Action: "arrival", Object: object, Host: canonical.Hostname(r.Host)})
}

// Remaining is how long it is until then.
func (a *Authority) Remaining(then time.Time) time.Duration { return then.Sub(a.clock.Now()) }
