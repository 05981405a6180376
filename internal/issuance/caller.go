package issuance

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
)

// AuthenticateClient proves who calls an endpoint that strangers reach too: by an API key,
// which is not revoked. Wrong keys count as guesses, and who guessed too often
// waits. Errors wrap an [edgeward.Reason], or mean: could not tell.
func (a *Authority) AuthenticateClient(ctx context.Context, r *edgeward.Request) (*edgeward.Identity, error) {
	return a.caller(ctx, r, true)
}

// AuthenticateOperator is Caller for the control API, where a right key never waits: or who
// shares an address with somebody who guesses could not lift that ban, nor take
// anything back meanwhile. Wrong keys count all the same and are told to wait.
// That a right one is told apart helps nobody guess 256 bits.
func (a *Authority) AuthenticateOperator(ctx context.Context, r *edgeward.Request) (*edgeward.Identity, error) {
	return a.caller(ctx, r, false)
}

// caller has who guessed too often wait even with a right key if waits says so.
func (a *Authority) caller(ctx context.Context, r *edgeward.Request, waits bool) (*edgeward.Identity, error) {
	if a.APIKeys == nil {
		return nil, unsupported("API keys")
	}
	c, err := credential.APIKey(r)
	if err != nil {
		return nil, err
	}
	if waits {
		if err := a.CheckLimit(r.ClientIP); err != nil {
			return nil, err
		}
	}
	id, err := a.APIKeys.Verify(ctx, r, c)
	if refusal := a.RecordAttempt(r.ClientIP, err); refusal != nil && (err != nil || waits) {
		return nil, refusal
	}
	if err := a.Revocations.Check(id); err != nil {
		return nil, err
	}
	return id, nil
}

// RequireScope refuses, wrapping [edgeward.InsufficientScope], an identity that holds
// neither one of the scopes nor ScopeAdmin.
func RequireScope(id *edgeward.Identity, scopes ...string) error {
	for _, scope := range append(scopes, ScopeAdmin) {
		if id.Has(scope) {
			return nil
		}
	}
	return errScope
}
