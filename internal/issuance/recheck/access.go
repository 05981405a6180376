package recheck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/keep/cache"
	"github.com/edgeward/edgeward/internal/keep/grant"
	"github.com/edgeward/edgeward/login"
)

const (
	// ahead is how long before it expires an access token is renewed: it is on its way to
	// an application, and from there to the provider's API.
	ahead = 30 * time.Second
	// heldFor is how long an access token is given without a look at the store.
	heldFor = 30 * time.Second

	accessBytes = 8 << 20
)

var (
	// ErrNoAccess says that there is no access token of a provider for an identity: it came
	// of no sign-in, the provider gave none, or it has expired and nothing renews it.
	ErrNoAccess = fmt.Errorf("recheck: no provider gave an access token that is good now: %w", edgeward.CredentialMissing)
	errEnded    = fmt.Errorf("recheck: the provider has ended the sign-in: %w", edgeward.CredentialRevoked)
)

// A held access token was read a moment ago. It is shared and not changed.
type held struct{ token edgeward.Secret }

// AccessToken returns the access token that the provider gave at the sign-in by which id
// was proved, for requests to the provider's API on behalf of the user. One that has
// expired is renewed by the refresh token, once for all requests at a time, on all nodes.
//
// The error wraps [ErrNoAccess] where there is none, [edgeward.CredentialRevoked] where
// the provider has ended the sign-in, which ends it here, or means: could not tell.
func (c *Checker) AccessToken(ctx context.Context, id *edgeward.Identity) (edgeward.Secret, error) {
	if id.Session == "" || c.Grants == nil {
		return edgeward.Secret{}, ErrNoAccess
	}
	object := issuance.SessionObject + id.Session
	if id.Issuer == c.Authority.Issuer() {
		object = issuance.FamilyObject + id.Session
	}
	now := c.Now()
	if h := c.access.Find(object, now); h != nil {
		return h.token, nil
	}
	ticket := c.access.Ticket(object)
	rec, err := c.Authority.SignIns.Recall(ctx, object)
	if errors.Is(err, login.ErrNoRecord) || err == nil && rec.GrantID == "" {
		return edgeward.Secret{}, ErrNoAccess
	}
	if err != nil {
		return edgeward.Secret{}, err
	}
	got, err := c.renewed(ctx, &rec)
	switch {
	case errors.Is(err, ErrEnded):
		return edgeward.Secret{}, errors.Join(errEnded, c.end(ctx, &signIn{object, rec}))
	case errors.Is(err, ErrCannot), errors.Is(err, grant.ErrUnknown), errors.Is(err, ErrNoAccess):
		return edgeward.Secret{}, ErrNoAccess
	case err != nil:
		return edgeward.Secret{}, edgeward.NewUnavailable("the provider's access token", time.Second, err)
	}
	until := now.Add(heldFor)
	if end := got.Expires.Add(-ahead); !got.Expires.IsZero() && end.Before(until) {
		until = end
	}
	c.access.Remember(object, &held{got.Access}, cache.Present, got.Access.Len()+64, until, ticket)
	return got.Access, nil
}

// renewed returns the grant of a sign-in with an access token that is good for a while.
func (c *Checker) renewed(ctx context.Context, rec *login.Record) (grant.Grant, error) {
	good := func(g grant.Grant) bool {
		return !g.Access.IsZero() && (g.Expires.IsZero() || c.Now().Add(ahead).Before(g.Expires))
	}
	return c.Grants.Refresh(ctx, rec.GrantID, good, func(ctx context.Context, now grant.Grant) (grant.Grant, error) {
		if now.Refresh.IsZero() {
			return grant.Grant{}, ErrNoAccess
		}
		ctx, done := issuance.Detached(ctx)
		defer done()
		fresh, err := c.Provider.Refresh(ctx, rec.Provider, rec.Issuer, rec.Subject, now)
		if good(fresh.Grant) && !errors.Is(err, ErrEnded) {
			err = nil // what went wrong beside it is of no use here
		}
		return fresh.Grant, err
	})
}
