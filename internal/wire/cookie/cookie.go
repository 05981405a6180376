// Package cookie knows the cookies that Edgeward gives to browsers: their names
// and their flags. Whatever is in one proves something, so that all are HttpOnly
// and kept to one host and to HTTPS by the prefix __Host- (RFC 6265bis §4.1.3.2):
// no script reads one, and no neighbouring host and no page without HTTPS can
// plant one.
package cookie

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
)

const secureOnly = "__Host-"

// The names.
const (
	Session = secureOnly + session // a session of ours
	Access  = secureOnly + access  // an access token of ours
	Refresh = secureOnly + refresh // the refresh token that renews it
	Login   = secureOnly + login   // the sign-ins that a browser has begun
	Binding = secureOnly + binding // of a host: what a sign-in elsewhere is bound to
	Console = secureOnly + console // an operator's sign-in at the console
	// ConsoleLogin is Login at the console. On one host with the gateway they would
	// overwrite each other: cookies do not know ports (RFC 6265 §8.5).
	ConsoleLogin = secureOnly + consoleLogin
)

// Their stand-ins: see [StandIn].
const (
	session      = "edgeward-session"
	access       = "ew_access"
	refresh      = "ew_refresh"
	login        = "ew_login"
	binding      = "ew_binding"
	console      = "ew_console"
	consoleLogin = "ew_console_login"
)

// Set returns the Set-Cookie value that gives a browser a cookie for so long,
// in whole seconds. The value is one that no cookie syntax cuts: a token, or
// base64url. SameSite=Lax is for links from elsewhere, as people expect: no form
// and no fetch of another site sends the cookie.
func Set(name string, value edgeward.Secret, life time.Duration) string {
	c := name + "=" + value.Reveal() + "; Path=/; Max-Age=" + strconv.FormatInt(int64(max(life, 0)/time.Second), 10) + "; HttpOnly; SameSite=Lax"
	if strings.HasPrefix(name, secureOnly) {
		c += "; Secure"
	}
	return c
}

// Clear returns the Set-Cookie value that takes it away.
func Clear(name string) string { return Set(name, edgeward.Secret{}, 0) }

// Discard returns the Set-Cookie values that take every cookie of that name away
// that a browser can hold for this host: [Clear], and the one beside it that a
// page or the application has planted. A browser keeps a cookie with the
// attribute Partitioned (CHIPS) apart from one without, sends both under one
// name, and lets go of each only by a value that has the attribute or has not.
// Neither has HttpOnly, to which a browser pays no heed when it removes one.
func Discard(name string) []string { return []string{Clear(name), ClearPlanted(name)} }

// ClearPlanted returns the Set-Cookie value that takes away the second of those
// that [Discard] does. Partitioned goes with Secure only, so that of a stand-in
// browsers hold none, but where they take this machine for secure.
func ClearPlanted(name string) string {
	return name + "=; Path=/; Max-Age=0; Secure; Partitioned"
}

// StandIn returns the name of the cookie that stands in for one where there is
// no HTTPS, without which a browser keeps no cookie with the prefix. See
// [OnThisMachine].
func StandIn(name string) string { return strings.TrimPrefix(name, secureOnly) }

// IsOurs reports whether name is one of the names above, or of their stand-ins:
// exactly, so that a cookie of an application is none of them.
func IsOurs(name string) bool {
	switch StandIn(name) {
	case session, access, refresh, login, binding, console, consoleLogin:
		return true
	}
	return false
}

// IsAccess reports whether name is that of the access token, which, alone among
// our cookies, says something to an application.
func IsAccess(name string) bool { return StandIn(name) == access }

// OnThisMachine reports whether a stand-in may be used where the configuration
// asks for them: the request came without HTTPS, and peer and origin, the
// farthest address that is known (clientip.Trusted.Nearby), are on this machine.
// A proxy on it that speaks HTTP to the world gets none.
func OnThisMachine(r *edgeward.Request, peer, origin netip.Addr) bool {
	return r.Scheme == "http" && peer.Unmap().IsLoopback() && origin.Unmap().IsLoopback()
}
