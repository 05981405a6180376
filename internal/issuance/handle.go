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

// checkListed refuses a handle where no sign-in reaches the host of r.
func (a *Authority) checkListed(r *edgeward.Request, value edgeward.Secret) error {
	if hosthandle.Is(value) && (a.Listed == nil || !a.Listed(r.Host)) {
		return errUnlisted
	}
	return nil
}

// verifySession says whose the value of a session cookie is that r brought: the
// session's own, or a handle at a host that is listed. Errors are those of
// [session.Manager.Verify].
func (a *Authority) verifySession(ctx context.Context, r *edgeward.Request, value edgeward.Secret) (*edgeward.Identity, error) {
	if a.Sessions == nil {
		return nil, edgeward.SessionUnknown
	}
	if err := a.checkListed(r, value); err != nil {
		return nil, err
	}
	return a.Sessions.Verify(ctx, r, edgeward.Credential{Value: value})
}

// A SessionVerifier is an [edgeward.Verifier] of session cookies, which are handles at
// a host that is listed.
type SessionVerifier struct{ *Authority }

// Verify implements [edgeward.Verifier].
func (v SessionVerifier) Verify(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	return v.verifySession(ctx, r, c.Value)
}

// What of a sign-in a host is given, by the public ids of the session and of the
// refresh family; "" for what it has not.
type Parents struct{ Session, Family string }

// Arrived is what a host was given: its cookies, and who it is.
type Arrived struct {
	Identity *edgeward.Identity
	Cookies  []HostCookie
}

// A HostCookie is a handle, and for how long a browser keeps it.
type HostCookie struct {
	Name  string
	Value edgeward.Secret
	Life  time.Duration
}

// Arrive gives a browser at the host of r what proves its sign-in there. An access
// token it is not given: the next request renews one. The error wraps ErrUnknown
// where one of the parents has ended, or means: could not tell.
func (a *Authority) Arrive(ctx context.Context, by By, r *edgeward.Request, jar CookieNames, p Parents) (Arrived, error) {
	var given Arrived
	object := SessionObject + p.Session
	if p.Session != "" {
		if err := a.arriveBySession(ctx, r, jar, p.Session, &given); err != nil {
			return Arrived{}, err
		}
	}
	if p.Family != "" {
		if err := a.arriveByFamily(ctx, r, jar, p, &given); err != nil {
			return Arrived{}, err
		}
	}
	if p.Session == "" {
		object = FamilyObject + p.Family
	}
	if given.Identity == nil {
		return Arrived{}, fmt.Errorf("%w: a ticket that hands nothing over", ErrUnknown)
	}
	a.record(ctx, by, Record{Action: "arrival", Object: object, Host: canonical.Hostname(r.Host)})
	return given, nil
}

func (a *Authority) arriveBySession(ctx context.Context, r *edgeward.Request, jar CookieNames, id string, given *Arrived) error {
	if a.Sessions == nil {
		return ErrUnknown
	}
	who, err := a.Sessions.Lookup(ctx, id)
	if err == nil {
		err = a.Revocations.Check(who)
	}
	if err != nil {
		return hasEnded(err)
	}
	value, ok := a.Sessions.Handle(id, r.Host)
	return a.hand(given, who, jar.Session, value, ok)
}

// arriveByFamily asks whether the family is alive unless the session of the same
// sign-in is: a handle of one that is not gives nothing, and there a user signs in.
func (a *Authority) arriveByFamily(ctx context.Context, r *edgeward.Request, jar CookieNames, p Parents, given *Arrived) error {
	if a.Families == nil {
		return ErrUnknown
	}
	who := given.Identity
	if p.Session == "" {
		f, err := a.Families.Living(ctx, p.Family)
		if err == nil {
			who, err = familyIdentity(&f)
		}
		if err != nil {
			return hasEnded(err)
		}
	}
	value, ok := a.Families.Handle(p.Family, r.Host)
	return a.hand(given, who, jar.Refresh, value, ok)
}

// hasEnded is ErrUnknown for what refuses a parent, and err where nothing could be
// told.
func hasEnded(err error) error {
	if edgeward.ReasonOf(err) == edgeward.Unavailable {
		return err
	}
	return fmt.Errorf("%w: %v", ErrUnknown, err)
}

// hand adds to given the handle that proves who.
func (a *Authority) hand(given *Arrived, who *edgeward.Identity, name string, value edgeward.Secret, ok bool) error {
	if !ok {
		return ErrUnknown
	}
	if given.Identity == nil {
		given.Identity = who
	}
	given.Cookies = append(given.Cookies, HostCookie{name, value, who.Expires.Sub(a.clock.Now())})
	return nil
}
