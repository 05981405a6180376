package authority

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
)

// ScopeAdmin is the permission of an API key that may do everything.
const ScopeAdmin = "admin"

// Caller proves who calls an endpoint that belongs to the application's back
// end or to operators: by an API key, which is not revoked. Wrong keys count as
// guesses. Errors wrap an [edgeward.Reason], or mean: could not tell.
func (a *Authority) Caller(ctx context.Context, r *edgeward.Request) (*edgeward.Identity, error) {
	if a.APIKeys == nil {
		return nil, unsupported("API keys")
	}
	c, err := credential.APIKey(r)
	if err != nil {
		return nil, err
	}
	if err := a.allow(r.ClientIP); err != nil {
		return nil, err
	}
	id, err := a.APIKeys.Verify(ctx, r, c)
	if err := a.settle(r.ClientIP, id, err); err != nil {
		return nil, err
	}
	if err := a.Revocations.Check(id); err != nil {
		return nil, err
	}
	return id, nil
}

// Permit refuses, wrapping [edgeward.InsufficientScope], an identity that holds
// neither one of the scopes nor ScopeAdmin.
func Permit(id *edgeward.Identity, scopes ...string) error {
	for _, scope := range append(scopes, ScopeAdmin) {
		if id.Has(scope) {
			return nil
		}
	}
	return errScope
}
