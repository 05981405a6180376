package admin

import (
	"context"
	"errors"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/revocation"
)

func showRevocation(e *revocation.Entry) []byte {
	var d document
	d.String("scope", string(e.Scope))
	d.Optional("issuer", e.Issuer)
	d.String("value", e.Value)
	d.optionalTime("not_before", e.NotBefore)
	d.optionalTime("expires", e.Expires)
	d.Optional("reason", e.Reason)
	d.optionalTime("revoked", e.Revoked)
	return d.End()
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
	if err := c.Authority.MayRevoke(ctx, c.caller, &e); err != nil {
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
	if c.caller.Has(adminscope.Admin) {
		t.Scope = revocation.Subject
	}
	done, err := c.Authority.RevokeSubject(ctx, c.by, t)
	if err != nil {
		return result{}, err
	}
	var d document
	d.String("scope", string(t.Scope))
	d.String("subject", t.Subject)
	d.Raw("ended", showEnded(&done.Ended))
	d.Array("revocations", len(done.Entries), func(dst []byte, i int) []byte { return append(dst, showRevocation(&done.Entries[i])...) })
	return result{document: d.End()}, nil
}

func showEnded(e *issuance.Ended) []byte {
	var d document
	d.Int("sessions", int64(e.Sessions))
	d.Int("families", int64(e.Families))
	d.Int("api_keys", int64(e.APIKeys))
	d.Int("consoles", int64(e.Consoles))
	return d.End()
}

// listRevocations is GET /v1/revocations. A page can be short, or empty, and
// still not be the last.
func listRevocations(ctx context.Context, c *call) (result, error) {
	scope := revocation.Scope(c.query.text("scope"))
	after, limit := c.query.page()
	if err := c.end(); err != nil {
		return result{}, err
	}
	rows, next, err := c.Authority.ListRevocations(ctx, scope, after, limit)
	if err != nil {
		return result{}, err
	}
	return result{document: page("revocations", rows, next, showRevocation)}, nil
}
