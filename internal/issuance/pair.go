package issuance

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/hosthandle"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/refresh"
)

// A Grant is what a token pair says. Who vouches for the subject is always
// [Authority.Issuer]: that is what the access token says.
type Grant struct {
	Subject     string
	Permissions []string        // RFC 6749 §3.3 scope-tokens
	ClientID    string          // the OAuth client that the refresh token is bound to, or ""
	ACR         string          // as in [refresh.Grant]
	AuthTime    time.Time       // as in [refresh.Grant]
	Account     refresh.Account // as in [refresh.Grant]
}

// A Pair is an access token and the refresh token that succeeds it.
type Pair struct {
	Grant
	AccessToken    edgeward.Secret
	AccessExpires  time.Time
	RefreshToken   edgeward.Secret
	RefreshExpires time.Time // the family's absolute end
	Family         string    // public id: sid of the access token
}

// A ScopeRequest is what a client may say beside its refresh token (RFC 6749 §6).
type ScopeRequest struct {
	ClientID    string   // who says to be asking; "" says nothing
	Permissions []string // of the access token; nil means all that were granted
}

var errScope = fmt.Errorf("issuance: more than was granted: %w", edgeward.InsufficientScope)

// MintPair begins a refresh family and returns its first pair. When it returns
// an error nobody has a token. Errors wrap ErrGrant or ErrUnsupported, or mean:
// could not tell.
func (a *Authority) MintPair(ctx context.Context, by By, g Grant, m edgeward.Client) (Pair, error) {
	if err := a.canMint(); err != nil {
		return Pair{}, err
	}
	token, family, err := a.Families.Begin(ctx, refresh.Grant{
		Issuer: a.Issuer(), Subject: g.Subject, Permissions: g.Permissions, ClientID: g.ClientID, Account: g.Account, ACR: g.ACR, AuthTime: g.AuthTime,
	}, m)
	if err != nil {
		return Pair{}, translate(err)
	}
	var pair Pair
	now, _, err := a.standing(ctx, &family)
	if err == nil {
		pair, err = a.pair(ctx, token, &family, now, false, "")
	}
	if err != nil {
		return Pair{}, translate(err) // the family has no holder
	}
	a.record(ctx, by, Record{Action: "tokens.create", Object: "family/" + family.ID})
	return pair, nil
}

// Refresh gives the pair that succeeds token. Errors wrap one of the Refresh
// reasons of [edgeward], which are all one to the client;
// [edgeward.TooManyFailures]; or [edgeward.InsufficientScope] for permissions
// that were not granted. Any other means: could not tell, and asking again with
// the same token is right.
func (a *Authority) Refresh(ctx context.Context, by By, token edgeward.Secret, n ScopeRequest, m edgeward.Client) (Pair, error) {
	if err := a.CheckLimit(m.IP); err != nil {
		return Pair{}, err
	}
	if err := a.canMint(); err != nil {
		return Pair{}, err
	}
	standing, err := a.fits(ctx, token, n)
	if err != nil {
		return Pair{}, err
	}
	ctx, done := Detached(ctx)
	defer done()
	// A success is not settled: to be told to wait now would cost the client a
	// token that is used up, and look like theft when it comes back.
	outcome, err := a.Families.Refresh(ctx, token, m)
	if a.Refreshed != nil {
		a.Refreshed(outcome.Class.String())
	}
	if err != nil {
		return Pair{}, a.refused(ctx, by, &outcome, m.IP, err)
	}
	if n.Permissions != nil {
		standing.Permissions = n.Permissions
	}
	return a.pair(ctx, outcome.Token, &outcome.Family, standing, n.Permissions != nil, "")
}

// MintAccess gives the holder of a refresh token another access token. The refresh
// token stays as it is: it is for where nobody can be sure that the answer
// arrives, and a successor that got lost would look like theft (docs/adr/0012).
// A token that Refresh would revoke its family for is revoked for here, too.
// Errors are those of Refresh.
//
// In place of the token r may have brought a handle of its host, which is listed: the
// access token is good at that host alone, as the handle is.
func (a *Authority) MintAccess(ctx context.Context, by By, r *edgeward.Request, token edgeward.Secret) (Pair, error) {
	m := r.Client()
	if err := a.CheckLimit(m.IP); err != nil {
		return Pair{}, err
	}
	if err := a.canMint(); err != nil {
		return Pair{}, err
	}
	if err := a.CheckListed(r, token); err != nil {
		return Pair{}, err
	}
	family, err := a.Families.IntrospectAt(ctx, token, r.Host)
	switch edgeward.ReasonOf(err) {
	case edgeward.RefreshReused, edgeward.RefreshRolledBack, edgeward.RefreshRevoked: // see refused
		if hosthandle.Is(token) { // of no generation: it reveals no theft
			return Pair{}, err
		}
		return a.Refresh(ctx, by, token, ScopeRequest{}, m)
	case edgeward.RefreshInvalid:
		return Pair{}, a.RecordAttempt(m.IP, err)
	}
	if err != nil {
		return Pair{}, err
	}
	now, _, err := a.standing(ctx, &family)
	if err != nil {
		return Pair{}, err
	}
	return a.pair(ctx, token, &family, now, false, hostOf(r, token))
}

// canMint finds out before anything is written: a refresh token that was used
// up for an access token that nobody can sign looks stolen when it comes back
// too late.
func (a *Authority) canMint() error {
	if a.Families == nil {
		return unsupported("refresh tokens (key tokens.keys of the configuration)")
	}
	return a.Minter.Ready(a.clock.Now())
}

// fits finds out, before the token is used up, what its access token will say, and
// judges what its client says beside it. What is no token of a living family is left to
// [refresh.Families.Refresh], which knows what it means.
func (a *Authority) fits(ctx context.Context, token edgeward.Secret, n ScopeRequest) (edgeward.Standing, error) {
	id, err := a.Families.FamilyOf(token)
	if err != nil {
		return edgeward.Standing{}, nil
	}
	family, err := a.Families.Peek(ctx, id)
	switch {
	case edgeward.ReasonOf(err) == edgeward.RefreshUnknown:
		return edgeward.Standing{}, nil
	case err != nil:
		return edgeward.Standing{}, err
	case n.ClientID != "" && family.ClientID != "" && n.ClientID != family.ClientID:
		return edgeward.Standing{}, fmt.Errorf("issuance: the refresh token is bound to another client: %w", edgeward.RefreshInvalid)
	}
	now, _, err := a.standing(ctx, &family)
	if err != nil {
		return edgeward.Standing{}, err
	}
	for _, p := range n.Permissions {
		if !slices.Contains(now.Permissions, p) {
			return edgeward.Standing{}, errScope
		}
	}
	return now, nil
}

// hostOf is the only host where what value gives is good: that of r for a handle, ""
// else.
func hostOf(r *edgeward.Request, value edgeward.Secret) string {
	if !hosthandle.Is(value) {
		return ""
	}
	return canonical.Hostname(r.Host)
}

// pair mints the access token that goes with a refresh token, for one host unless
// that is "". narrowed says that the client asked for fewer permissions than there are.
func (a *Authority) pair(ctx context.Context, token edgeward.Secret, f *refresh.Family, s edgeward.Standing, narrowed bool, host string) (Pair, error) {
	access, expires, err := a.Minter.Mint(ctx, keyring.Grant{
		Subject: f.Subject, Permissions: s.Permissions, Session: f.ID, ClientID: f.ClientID, Host: host, Since: f.Created, Until: f.Expires, ACR: f.ACR, AuthTime: f.AuthTime,
		Profile: s.Profile, AsOf: s.AsOf, Narrowed: narrowed,
	})
	if err != nil {
		return Pair{}, err
	}
	return Pair{
		Grant:       Grant{Subject: f.Subject, Permissions: s.Permissions, ClientID: f.ClientID, ACR: f.ACR, AuthTime: f.AuthTime},
		AccessToken: access, AccessExpires: expires,
		RefreshToken: token, RefreshExpires: f.Expires, Family: f.ID,
	}, nil
}

// refused does what a refused refresh asks for. The access tokens of a family
// that theft has revoked go with it. When their revocation is not known to
// hold, the client is told to ask again, and the next refusal makes up for it.
func (a *Authority) refused(ctx context.Context, by By, o *refresh.Result, client netip.Addr, refusal error) error {
	f := &o.Family
	switch o.Class {
	case refresh.Invalid:
		return a.RecordAttempt(client, refusal)
	case refresh.Reused, refresh.RolledBack:
		a.record(ctx, by, Record{
			Action: "tokens.revoke", Object: "family/" + f.ID,
			Reason: edgeward.ReasonOf(refusal).Error(), Class: o.Class.String(),
		})
	case refresh.Revoked:
	default:
		return refusal
	}
	if a.clock.Now().Sub(f.RevokedAt) > keyring.MaxLifetime { // also when the row was not what said so
		return refusal
	}
	if err := a.revokeDerived(ctx, f); err != nil {
		return fmt.Errorf("issuance: family %s is revoked, its access tokens are not known to be: %v", f.ID, err)
	}
	return refusal
}

// revokeDerived takes back the access tokens of a family, unless this node
// knows that they are: a thief who keeps knocking causes no writes.
func (a *Authority) revokeDerived(ctx context.Context, f *refresh.Family) error {
	id, err := familyIdentity(f, edgeward.Standing{})
	if err != nil {
		return err
	}
	if errors.Is(a.Revocations.Check(id), edgeward.CredentialRevoked) {
		return nil
	}
	_, err = a.Revocations.Revoke(ctx, familyEntry(f.ID, f.RevocationReason))
	return err
}
