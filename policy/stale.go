package policy

import "time"

// WhenStale says what happens when a node's knowledge of revocations is older
// than a route's MaxStaleness.
type WhenStale uint8

const (
	// AskAuthority asks the store about the identity, which costs a few reads.
	// The default.
	AskAuthority WhenStale = iota
	// Deny answers that nothing can be said: 503.
	Deny
)

var whenStaleNames = []string{"ask", "deny"}

// ReadWhenStale reads a WhenStale by the name that configuration uses.
func ReadWhenStale(v Value) (WhenStale, bool) {
	if i, ok := v.Choice(whenStaleNames); ok {
		return WhenStale(i), true
	}
	return Deny, false
}

// String returns the name that configuration uses.
func (w WhenStale) String() string { return nameOf(whenStaleNames, w) }

// What was revoked lives on as long as knowledge may be old; younger than a
// fraction of a second it never is.
const (
	leastStaleness = 100 * time.Millisecond
	mostStaleness  = 24 * time.Hour
	whyFresh       = ": what was revoked would live on that long"
)

// ReadMaxStaleness reads how old knowledge of revocations may be.
func ReadMaxStaleness(v Value) (time.Duration, bool) {
	return v.Duration(leastStaleness, mostStaleness, whyFresh)
}

func nameOf[T ~uint8](names []string, v T) string {
	if int(v) >= len(names) {
		return "invalid"
	}
	return names[v]
}
