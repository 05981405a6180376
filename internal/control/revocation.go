package control

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/revocation"
)

// A Revocation is one entry: see [revocation.Entry].
type Revocation struct {
	Scope     revocation.Scope `json:"scope"`
	Issuer    string           `json:"issuer,omitempty"`
	Value     string           `json:"value"`
	NotBefore time.Time        `json:"not_before,omitzero"`
	Expires   time.Time        `json:"expires,omitzero"`
	Reason    string           `json:"reason,omitempty"`
	Revoked   time.Time        `json:"revoked,omitzero"` // set by the server
}

func showRevocation(e *revocation.Entry) Revocation {
	return Revocation{
		Scope: e.Scope, Issuer: e.Issuer, Value: e.Value, Reason: e.Reason,
		NotBefore: shown(e.NotBefore), Expires: shown(e.Expires), Revoked: shown(e.Revoked),
	}
}

// revoke is POST /v1/revocations. Scopes that need an issuer have ours if none
// is said.
func revoke(ctx context.Context, c *call) (result, error) {
	e := revocation.Entry{
		Scope: revocation.Scope(c.body.need("scope")), Issuer: c.body.text("issuer"), Value: c.body.need("value"),
		NotBefore: c.body.when("not_before"), Expires: c.body.when("expires"), Reason: c.body.text("reason"),
	}
	if err := c.end(); err != nil {
		return result{}, err
	}
	switch e.Scope {
	case revocation.Token, revocation.Subject, revocation.Logout, revocation.Key:
		if e.Issuer == "" {
			e.Issuer = c.Authority.Issuer()
		}
	}
	if err := c.mayRevoke(ctx, &e); err != nil {
		return result{}, err
	}
	stored, err := c.Authority.Revoke(ctx, c.by, e)
	if err != nil {
		return result{}, err
	}
	return result{document: showRevocation(&stored)}, nil
}

// mayRevoke refuses to end the power of others over this API: nothing lifts a
// revocation, so revocations:write would lock out every operator. API keys are
// of our issuer, and so die with it, and with their owner.
func (c *call) mayRevoke(ctx context.Context, e *revocation.Entry) error {
	if c.caller.Has(authority.ScopeAdmin) {
		return nil
	}
	switch e.Scope {
	case revocation.Issuer:
		return c.notOurs(e.Value)
	case revocation.Key, revocation.Subject:
		return c.notOurs(e.Issuer)
	case revocation.APIKey:
		if err := c.mayEnd(ctx, e.Value); !errors.Is(err, authority.ErrUnknown) {
			return err
		}
	}
	return nil // an API key that is nobody's, too
}

// notOurs refuses an issuer that vouches for what is issued here.
func (c *call) notOurs(issuer string) error {
	if issuer == c.Authority.Issuer() || issuer == c.caller.Issuer {
		return errPower
	}
	return nil
}

// A Logout takes back whatever a subject was issued until now.
type Logout struct {
	Issuer  string `json:"issuer,omitempty"` // "" means the issuer of our tokens
	Subject string `json:"subject"`
	Reason  string `json:"reason,omitempty"`
}

// logoutEverywhere is POST /v1/subjects/logout.
func logoutEverywhere(ctx context.Context, c *call) (result, error) {
	issuer, subject, reason := c.body.text("issuer"), c.body.need("subject"), c.body.text("reason")
	if err := c.end(); err != nil {
		return result{}, err
	}
	stored, err := c.logout(ctx, issuer, subject, reason)
	if err != nil {
		return result{}, err
	}
	return result{document: showRevocation(&stored)}, nil
}

// logout spares the API keys of operators, unless an administrator asks: the
// back end may log out everybody, but lock out nobody.
func (c *call) logout(ctx context.Context, issuer, subject, reason string) (revocation.Entry, error) {
	if c.caller.Has(authority.ScopeAdmin) {
		return c.Authority.LogoutEverywhere(ctx, c.by, issuer, subject, reason)
	}
	return c.Authority.Revoke(ctx, c.by, revocation.Entry{
		Scope: revocation.Logout, Issuer: cmp.Or(issuer, c.Authority.Issuer()), Value: subject, Reason: reason,
	})
}

// Revocations are a page of a list.
type Revocations struct {
	Revocations []Revocation `json:"revocations"`
	Next        string       `json:"next,omitempty"` // where to go on; "" at the end
}

// listRevocations is GET /v1/revocations. A page can be short, or empty, and
// still not be the last.
func listRevocations(ctx context.Context, c *call) (result, error) {
	scope := revocation.Scope(c.query.text("scope"))
	after, limit := c.query.page()
	if err := c.end(); err != nil {
		return result{}, err
	}
	page, next, err := c.Authority.ListRevocations(ctx, scope, after, limit)
	if err != nil {
		return result{}, err
	}
	list := Revocations{Revocations: make([]Revocation, len(page)), Next: next}
	for i := range page {
		list.Revocations[i] = showRevocation(&page[i])
	}
	return result{document: list}, nil
}
