package admin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/issuance"
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
	Force     bool             `json:"force,omitempty"`  // of a request: also when nothing of that name is known
}

func showRevocation(e *revocation.Entry) Revocation {
	return Revocation{
		Scope: e.Scope, Issuer: e.Issuer, Value: e.Value, Reason: e.Reason,
		NotBefore: shown(e.NotBefore), Expires: shown(e.Expires), Revoked: shown(e.Revoked),
	}
}

// revoke is POST /v1/revocations. A token and a key without an issuer are ours;
// a subject without one could be anybody's.
func revoke(ctx context.Context, c *call) (result, error) {
	e := revocation.Entry{
		Scope: revocation.Scope(c.body.need("scope")), Issuer: c.body.text("issuer"), Value: c.body.need("value"),
		NotBefore: c.body.when("not_before"), Expires: c.body.when("expires"), Reason: c.body.text("reason"),
	}
	force := c.body.flag("force")
	if err := c.end(); err != nil {
		return result{}, err
	}
	if err := c.mayRevoke(ctx, &e); err != nil {
		return result{}, err
	}
	if err := c.fillIssuer(&e); err != nil {
		return result{}, err
	}
	if !force {
		if err := c.Authority.MustKnow(ctx, e); err != nil {
			return result{}, unknown(err)
		}
	}
	stored, err := c.Authority.Revoke(ctx, c.by, e)
	if err != nil {
		return result{}, err
	}
	return result{document: showRevocation(&stored)}, nil
}

func (c *call) fillIssuer(e *revocation.Entry) error {
	if e.Issuer != "" {
		return nil
	}
	switch e.Scope {
	case revocation.Subject, revocation.Logout:
		return malformed("The member \"issuer\" is needed for that scope; POST /v1/subjects/logout reaches a subject at every issuer.")
	case revocation.Token, revocation.Key:
		if e.Issuer = c.Authority.Issuer(); e.Issuer == "" {
			return issuance.ErrNoIssuer
		}
	}
	return nil
}

// unknown is the answer to a revocation of nothing.
func unknown(err error) error {
	if errors.Is(err, issuance.ErrUnknown) && !errors.Is(err, issuance.ErrIssuer) {
		return errNothing
	}
	return err
}

// mayRevoke refuses to end the power of others over this API: nothing lifts a
// revocation, so revocations:write would lock out every operator. What reaches
// beyond what single people hold takes admin: an issuer, which may be that of
// the console's operators; a signing key, which takes all of an issuer's tokens
// with it for good; a subject with its API keys. So does a sign-in at the
// console, which is an operator's.
func (c *call) mayRevoke(ctx context.Context, e *revocation.Entry) error {
	if c.caller.Has(issuance.ScopeAdmin) {
		return nil
	}
	switch e.Scope {
	case revocation.Issuer, revocation.Key, revocation.Subject:
		return errPower
	case revocation.Session, revocation.Family: // which find an identity by the same id
		if strings.HasPrefix(e.Value, issuance.ConsoleObject) {
			return errPower
		}
	case revocation.APIKey:
		if err := c.mayEnd(ctx, e.Value); !errors.Is(err, issuance.ErrUnknown) {
			return err
		}
	}
	return nil // an API key that does not exist, too
}

// A Logout asks to revoke whatever a subject was issued until now.
type Logout struct {
	Issuer  string `json:"issuer,omitempty"` // "" means every issuer that is accepted
	Subject string `json:"subject"`
	Reason  string `json:"reason,omitempty"`
	Force   bool   `json:"force,omitempty"` // also when neither subject nor issuer is known
}

// A LoggedOut says what has ended.
type LoggedOut struct {
	Scope       revocation.Scope `json:"scope"` // logout: operators' API keys and sign-ins at the console live on
	Subject     string           `json:"subject"`
	Ended       Ended            `json:"ended"`
	Revocations []Revocation     `json:"revocations"` // one for each issuer
}

// Ended counts what was alive and has ended. Bearer tokens are counted nowhere.
type Ended struct {
	Sessions int `json:"sessions"`
	Families int `json:"families"` // of refresh tokens
	APIKeys  int `json:"api_keys"`
	Consoles int `json:"consoles"` // sign-ins at the console
}

// logoutEverywhere is POST /v1/subjects/logout. It spares operators, unless an
// administrator asks: the back end may log out everybody, but lock out nobody.
func logoutEverywhere(ctx context.Context, c *call) (result, error) {
	t := issuance.Target{
		Issuer: c.body.text("issuer"), Subject: c.body.need("subject"), Reason: c.body.text("reason"), Force: c.body.flag("force"),
		Scope: revocation.Logout,
	}
	if err := c.end(); err != nil {
		return result{}, err
	}
	if c.caller.Has(issuance.ScopeAdmin) {
		t.Scope = revocation.Subject
	}
	done, err := c.Authority.RevokeSubject(ctx, c.by, t)
	if err != nil {
		return result{}, err
	}
	out := LoggedOut{Scope: t.Scope, Subject: t.Subject, Ended: Ended(done.Ended), Revocations: make([]Revocation, len(done.Entries))}
	for i := range done.Entries {
		out.Revocations[i] = showRevocation(&done.Entries[i])
	}
	return result{document: out}, nil
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
