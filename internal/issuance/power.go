package issuance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/revocation"
)

var errPower = fmt.Errorf("issuance: more power than the caller's: %w", edgeward.InsufficientScope)

// MayGrant refuses to give away power over this API that the caller has not
// got: else apikeys:write would be admin, one request later, and a key for one
// network and one hour would be a key for anywhere and ever. So would a secret
// that was replaced: it expires when its time beside the new one is over. All
// other permissions are the application's, and it is the application that asks.
// A caller without an API key is a person, whom no network and no end of a key
// binds.
//
// The error wraps [edgeward.InsufficientScope], or means that it is not known.
func (a *Authority) MayGrant(ctx context.Context, caller *edgeward.Identity, g *apikey.Grant) error {
	some, beyond := adminscope.Of(g.Permissions, caller)
	if beyond {
		return errPower
	}
	if !some || caller.APIKey == "" {
		return nil
	}
	own, err := a.APIKey(ctx, caller.APIKey)
	if errors.Is(err, ErrUnknown) {
		return errPower
	}
	if err != nil {
		return err
	}
	if !adminscope.EndsWithin(g.Expires, caller.Expires) || !adminscope.LiesWithin(g.Networks, own.Networks) {
		return errPower
	}
	return nil
}

// MayEnd refuses to end an API key that the caller could not have made, but for
// an administrator, bound or not. The error wraps ErrUnknown too.
func (a *Authority) MayEnd(ctx context.Context, caller *edgeward.Identity, id string) error {
	if caller.Has(adminscope.Admin) {
		return nil
	}
	k, err := a.APIKey(ctx, id)
	if err != nil || k.Personal() { // its permissions are the application's, whatever they are called
		return err
	}
	return a.MayGrant(ctx, caller, &k.Grant)
}

// MayRevoke refuses to end the power of others over this API: nothing lifts a
// revocation, so revocations:write would lock out every operator. What reaches
// beyond what single people hold takes admin: an issuer, which may be that of
// the console's operators; a signing key, which takes all of an issuer's tokens
// with it for good; a subject with its API keys. So does a sign-in at the
// console, which is an operator's.
func (a *Authority) MayRevoke(ctx context.Context, caller *edgeward.Identity, e *revocation.Entry) error {
	if caller.Has(adminscope.Admin) {
		return nil
	}
	switch e.Scope {
	case revocation.Issuer, revocation.Key, revocation.Subject:
		return errPower
	case revocation.Session, revocation.Family: // which find an identity by the same id
		if strings.HasPrefix(e.Value, ConsoleObject) {
			return errPower
		}
	case revocation.APIKey:
		if err := a.MayEnd(ctx, caller, e.Value); !errors.Is(err, ErrUnknown) {
			return err
		}
	}
	return nil // an API key that does not exist, too
}
