package issuance

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
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
	some, beyond := power(caller, g)
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
	if !endsWithin(g.Expires, caller.Expires) || !lieWithin(g.Networks, own.Networks) {
		return errPower
	}
	return nil
}

// MayEnd refuses to end an API key that the caller could not have made, but for
// an administrator, bound or not. The error wraps ErrUnknown too.
func (a *Authority) MayEnd(ctx context.Context, caller *edgeward.Identity, id string) error {
	if caller.Has(ScopeAdmin) {
		return nil
	}
	k, err := a.APIKey(ctx, id)
	if err != nil {
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
	if caller.Has(ScopeAdmin) {
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

// power reports whether a key bears power over this API, and whether some of it
// is beyond the caller's.
func power(caller *edgeward.Identity, g *apikey.Grant) (some, beyond bool) {
	for _, p := range g.Permissions {
		if IsScope(p) {
			some = true
			beyond = beyond || !caller.Has(p) && !caller.Has(ScopeAdmin)
		}
	}
	return some, beyond
}

// endsWithin reports whether a key that expires is over when its maker is; the
// zero time is never.
func endsWithin(expires, bound time.Time) bool {
	return bound.IsZero() || !expires.IsZero() && !expires.After(bound)
}

// lieWithin reports whether every address of the networks is in those of bound.
// None means everywhere.
func lieWithin(networks, bound []netip.Prefix) bool {
	if len(bound) == 0 {
		return true
	}
	for _, n := range networks {
		if !slices.ContainsFunc(bound, func(b netip.Prefix) bool { return b.Bits() <= n.Bits() && b.Contains(n.Addr()) }) {
			return false
		}
	}
	return len(networks) > 0
}
