package issuance

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
)

// AuthenticateClient proves who calls an endpoint that strangers reach too: by an API key,
// which is not revoked. Wrong keys count as guesses, and who guessed too often
// waits. Errors wrap an [edgeward.Reason], or mean: could not tell.
func (a *Authority) AuthenticateClient(ctx context.Context, r *edgeward.Request) (*edgeward.Identity, error) {
	return a.caller(ctx, r, true)
}

// AuthenticateOperator is AuthenticateClient for the control API, where a right
// key never waits: or an operator who shares an address with a client that
// guesses could not lift that ban, nor revoke anything meanwhile. Wrong keys count
// all the same and are told to wait. That a right one is told apart helps no
// attacker to guess 256 bits.
//
// A bearer token that is no API key is compared with [Config.AdminSecret].
func (a *Authority) AuthenticateOperator(ctx context.Context, r *edgeward.Request) (*edgeward.Identity, error) {
	if _, err := credential.APIKey(r); !a.AdminSecret.IsZero() && errors.Is(err, edgeward.CredentialMissing) {
		return a.administrator(r)
	}
	return a.caller(ctx, r, false)
}

var errAdminSecret = fmt.Errorf("issuance: not the secret of the administrator: %w", edgeward.APIKeySecret)

// administrator proves who shows the AdminSecret. Its entropy is not known, as
// that of an API key is: so a client with too many failed attempts waits even with
// the right one.
func (a *Authority) administrator(r *edgeward.Request) (*edgeward.Identity, error) {
	c, err := credential.Bearer(r)
	if err != nil {
		return nil, err
	}
	if err := a.CheckLimit(r.ClientIP); err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare([]byte(c.Value.Reveal()), []byte(a.AdminSecret.Reveal())) != 1 {
		err = errAdminSecret
	}
	if err := a.RecordAttempt(r.ClientIP, err); err != nil {
		return nil, err
	}
	return edgeward.NewIdentity(edgeward.Identity{
		Issuer: apikey.DefaultIssuer, Subject: adminscope.Admin, Method: "admin_secret", Permissions: []string{adminscope.Admin},
	})
}

// caller has who guessed too often wait even with a right key if waits says so.
func (a *Authority) caller(ctx context.Context, r *edgeward.Request, waits bool) (*edgeward.Identity, error) {
	if a.APIKeys == nil {
		return nil, unsupported("API keys (key api_keys of the configuration)")
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
// neither one of the scopes nor adminscope.Admin.
func RequireScope(id *edgeward.Identity, scopes ...string) error {
	scopes = append(slices.Clip(scopes), adminscope.Admin)
	if slices.ContainsFunc(scopes, id.Has) {
		return nil
	}
	return fmt.Errorf("issuance: the credential needs the scope %s: %w", strings.Join(scopes, " or "), edgeward.InsufficientScope)
}
