// Package adminscope has the scopes that are power over Edgeward itself, and
// compares how much of it two API keys have.
package adminscope

import (
	"net/netip"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
)

// The permissions of an API key that are administrative scopes. All other
// permissions belong to the application.
const (
	Admin            = "admin" // may do everything
	Introspect       = "introspect"
	SessionsRead     = "sessions:read"
	SessionsWrite    = "sessions:write"
	TokensWrite      = "tokens:write"
	APIKeysRead      = "apikeys:read"
	APIKeysWrite     = "apikeys:write"
	RevocationsRead  = "revocations:read"
	RevocationsWrite = "revocations:write"
	BansRead         = "bans:read"
	BansWrite        = "bans:write"
	Backup           = "backup"
)

var all = []string{
	Admin, Introspect, SessionsRead, SessionsWrite, TokensWrite, APIKeysRead, APIKeysWrite,
	RevocationsRead, RevocationsWrite, BansRead, BansWrite, Backup,
}

// Is reports whether permission is an administrative scope. It means nothing in a
// session or a token: no API of Edgeward's accepts those.
func Is(permission string) bool { return slices.Contains(all, permission) }

// Of reports whether permissions hold an administrative scope, and whether there
// is one among them that the caller has not got.
func Of(permissions []string, caller *edgeward.Identity) (some, beyond bool) {
	for _, p := range permissions {
		if Is(p) {
			some = true
			beyond = beyond || !caller.Has(p) && !caller.Has(Admin)
		}
	}
	return some, beyond
}

// EndsWithin reports whether a key that expires is over when its maker is; the
// zero time is never.
func EndsWithin(expires, bound time.Time) bool {
	return bound.IsZero() || !expires.IsZero() && !expires.After(bound)
}

// LiesWithin reports whether every address of the networks is in those of bound.
// None means everywhere.
func LiesWithin(networks, bound []netip.Prefix) bool {
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
