// Package userpath names the paths of the endpoints for users. Where they stand is
// configured (login.prefix), so whatever names one of them asks a [Prefix].
package userpath

// Default is where the endpoints stand unless another prefix is configured.
const Default Prefix = "/auth"

// A Prefix is a canonical path without a slash at its end, below which the
// endpoints stand; "" means [Default]. What it may be is [rule.UserPrefix]'s.
type Prefix string

// below returns the path of the endpoint called name.
//
//go:noinline
func (p Prefix) below(name string) string {
	if p == "" {
		p = Default
	}
	return string(p) + "/" + name
}

// Login is where a sign-in begins.
func (p Prefix) Login() string { return p.below("login") }

// Callback is where providers send browsers back to.
func (p Prefix) Callback() string { return p.below("callback") }

// Arrive is where a sign-in arrives at a host that has begun it elsewhere.
func (p Prefix) Arrive() string { return p.below("arrive") }

// Session says to scripts who is signed in.
func (p Prefix) Session() string { return p.below("session") }

// Sessions says to users where they are signed in.
func (p Prefix) Sessions() string { return p.below("sessions") }

// Logout is where a user signs out.
func (p Prefix) Logout() string { return p.below("logout") }

// SignedOut is where a logout ends.
func (p Prefix) SignedOut() string { return p.below("signed-out") }

// Backchannel is where providers say that a user has signed out.
func (p Prefix) Backchannel() string { return p.below("backchannel-logout") }

// Frontchannel is where a provider's page has the browser say the same.
func (p Prefix) Frontchannel() string { return p.below("frontchannel-logout") }

// Refresh renews tokens that browsers keep in cookies.
func (p Prefix) Refresh() string { return p.below("refresh") }
