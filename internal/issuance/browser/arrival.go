package browser

import (
	"context"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
)

// Parents are what a host is given handles of, by the public ids of the session and of
// the refresh family; "" for what the sign-in did not give.
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
// token it is not given: the next request renews one. The error wraps
// [issuance.ErrUnknown] where one of the parents has ended, or means: could not tell.
func Arrive(ctx context.Context, a *issuance.Authority, by issuance.By, r *edgeward.Request, jar Cookies, p Parents) (Arrived, error) {
	var given Arrived
	if p.Session != "" {
		if err := arriveBySession(ctx, a, r, jar, p.Session, &given); err != nil {
			return Arrived{}, err
		}
	}
	if p.Family != "" {
		if err := arriveByFamily(ctx, a, r, jar, p, &given); err != nil {
			return Arrived{}, err
		}
	}
	if given.Identity == nil {
		return Arrived{}, fmt.Errorf("%w: a ticket that hands nothing over", issuance.ErrUnknown)
	}
	object := issuance.SessionObject + p.Session
	if p.Session == "" {
		object = issuance.FamilyObject + p.Family
	}
	a.Arrived(ctx, by, object, r)
	return given, nil
}

func arriveBySession(ctx context.Context, a *issuance.Authority, r *edgeward.Request, jar Cookies, id string, given *Arrived) error {
	if a.Sessions == nil {
		return issuance.ErrUnknown
	}
	who, err := a.Sessions.Lookup(ctx, id)
	if err == nil {
		err = a.Revocations.Check(who)
	}
	if err != nil {
		return hasEnded(err)
	}
	value, ok := a.Sessions.Handle(id, r.Host)
	return hand(a, given, who, jar.Session, value, ok)
}

// arriveByFamily asks whether the family is alive unless the session of the same
// sign-in is: a handle of one that is not gives nothing, and there a user signs in.
func arriveByFamily(ctx context.Context, a *issuance.Authority, r *edgeward.Request, jar Cookies, p Parents, given *Arrived) error {
	if a.Families == nil {
		return issuance.ErrUnknown
	}
	who := given.Identity
	if p.Session == "" {
		f, err := a.Families.Living(ctx, p.Family)
		if err == nil {
			who, err = a.IdentityOf(ctx, &f)
		}
		if err != nil {
			return hasEnded(err)
		}
	}
	value, ok := a.Families.Handle(p.Family, r.Host)
	return hand(a, given, who, jar.Refresh, value, ok)
}

// hasEnded is [issuance.ErrUnknown] for what refuses a parent, and err where the store
// did not answer.
func hasEnded(err error) error {
	if edgeward.ReasonOf(err) == edgeward.Unavailable {
		return err
	}
	return fmt.Errorf("%w: %v", issuance.ErrUnknown, err)
}

// hand adds to given the handle that proves who.
func hand(a *issuance.Authority, given *Arrived, who *edgeward.Identity, name string, value edgeward.Secret, ok bool) error {
	if !ok {
		return issuance.ErrUnknown
	}
	if given.Identity == nil {
		given.Identity = who
	}
	given.Cookies = append(given.Cookies, HostCookie{name, value, a.Remaining(who.Expires)})
	return nil
}
