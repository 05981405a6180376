package issuance

import "time"

// Bounds bound what one user can do by signing in again and again: each sign-in
// costs rows in the store and lines of the audit log. [DefaultBounds] are those
// where nothing else is configured; the zero Bounds let no sign-in live.
type Bounds struct {
	// PerUser is how many sign-ins of one user live at a time, and PerSession how
	// many of one session at the provider (sid). The oldest end where there are more.
	PerUser, PerSession int
	// Burst is how many sign-ins of one user succeed at once, and Interval how long
	// each one after these has to wait. Each node counts its own.
	Burst    int
	Interval time.Duration
}

// DefaultBounds returns 200 sign-ins of a user, 20 of a session at the provider, and
// 30 sign-ins at once and one a minute after these.
func DefaultBounds() Bounds {
	return Bounds{PerUser: 200, PerSession: 20, Burst: 30, Interval: time.Minute}
}

// The most that can be configured. What one session at a provider has is ended one by
// one while the provider waits for the answer to its logout; what a user has is
// listed on one page.
const (
	MaxPerUser    = 1000
	MaxPerSession = 100
	MaxBurst      = 1000
)
