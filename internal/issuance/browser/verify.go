package browser

import (
	"context"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/keyring"
)

// A SessionVerifier is an [edgeward.Verifier] of session cookies, which are handles at
// a host that is listed.
type SessionVerifier struct{ Authority *issuance.Authority }

// Verify implements [edgeward.Verifier]: the value is the session's own, or a handle at
// a host that is listed. Errors are those of [session.Manager.Verify].
func (v SessionVerifier) Verify(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	if v.Authority.Sessions == nil {
		return nil, edgeward.SessionUnknown
	}
	if err := v.Authority.CheckListed(r, c.Value); err != nil {
		return nil, err
	}
	return v.Authority.Sessions.Verify(ctx, r, edgeward.Credential{Value: c.Value})
}

// verifyFamily says who a refresh family speaks for until its end, by its token or by
// a handle at a host that is listed.
func verifyFamily(ctx context.Context, a *issuance.Authority, r *edgeward.Request, token edgeward.Secret) (*edgeward.Identity, error) {
	if a.Families == nil {
		return nil, edgeward.RefreshUnknown
	}
	if err := a.CheckListed(r, token); err != nil {
		return nil, err
	}
	f, err := a.Families.IntrospectAt(ctx, token, r.Host)
	if err != nil {
		return nil, err
	}
	return a.IdentityOf(ctx, &f)
}

// verifyAccess proves an access token that a browser brought to the host of r: one that
// is bound to another host proves no user there.
func verifyAccess(ctx context.Context, a *issuance.Authority, r *edgeward.Request, token edgeward.Secret) (*edgeward.Identity, error) {
	id, err := a.VerifyAccess(ctx, token)
	if err != nil {
		return nil, err
	}
	claims, err := strictjson.Object([]byte(id.Claims))
	if err != nil {
		return nil, err
	}
	value, bound := claims.Lookup(keyring.HostClaim)
	if host, _ := value.String(); bound && host != canonical.Hostname(r.Host) {
		return nil, fmt.Errorf("browser: the access token is for host %q alone: %w", host, edgeward.TokenAudience)
	}
	return id, nil
}
