package policy

// WhenStale says what happens when a node's knowledge of revocations is older
// than a route's MaxStaleness.
type WhenStale uint8

const (
	// AskAuthority asks the store about the identity, which costs a few reads.
	// The default.
	AskAuthority WhenStale = iota
	// Deny answers that nothing can be said: 503.
	Deny

	whenStaleCount
)

var whenStaleNames = [whenStaleCount]string{"ask", "deny"}

// ParseWhenStale returns the WhenStale that configuration calls name.
func ParseWhenStale(name string) (WhenStale, bool) {
	for i, n := range whenStaleNames {
		if n == name {
			return WhenStale(i), true
		}
	}
	return Deny, false
}

// String returns the name that configuration uses.
func (w WhenStale) String() string {
	if w >= whenStaleCount {
		return "invalid"
	}
	return whenStaleNames[w]
}
