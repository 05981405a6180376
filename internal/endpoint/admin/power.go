package admin

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
)

var errPower = fmt.Errorf("admin: more power than the caller's: %w", edgeward.InsufficientScope)

// MayHandOut refuses to give away power over this API that the caller has not
// got: else apikeys:write would be admin, one request later, and a key for one
// network and one hour would be a key for anywhere and ever. So would a secret
// that was replaced: it expires when its time beside the new one is over. All
// other permissions are the application's, and it is the application that asks.
// A caller without an API key is a person, whom no network and no end of a key
// binds.
//
// The error wraps [edgeward.InsufficientScope], or means: could not tell.
func MayHandOut(ctx context.Context, a *issuance.Authority, caller *edgeward.Identity, g *apikey.Grant) error {
	some, beyond := power(caller, g)
	if beyond {
		return errPower
	}
	if !some || caller.APIKey == "" {
		return nil
	}
	own, err := a.APIKey(ctx, caller.APIKey)
	if errors.Is(err, issuance.ErrUnknown) {
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

// power reports whether a key bears power over this API, and whether some of it
// is beyond the caller's.
func power(caller *edgeward.Identity, g *apikey.Grant) (some, beyond bool) {
	for _, p := range g.Permissions {
		if issuance.IsScope(p) {
			some = true
			beyond = beyond || !caller.Has(p) && !caller.Has(issuance.ScopeAdmin)
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
