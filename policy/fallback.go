package policy

// Fallback says when the next strategy of a route may try after one found a
// credential. The first credential present decides; this is the exception.
type Fallback uint8

const (
	// FallbackUnavailable lets the next strategy try when nothing could be
	// said about the credential, because a dependency is down. The default.
	FallbackUnavailable Fallback = iota
	// FallbackAny lets it try also when the credential was refused.
	FallbackAny
	// FallbackNever lets nobody try.
	FallbackNever

	fallbackCount
)

var fallbackNames = [fallbackCount]string{"unavailable", "any", "never"}

// ParseFallback returns the Fallback that configuration calls name.
func ParseFallback(name string) (Fallback, bool) {
	for i, n := range fallbackNames {
		if n == name {
			return Fallback(i), true
		}
	}
	return FallbackNever, false
}

// String returns the name that configuration uses.
func (f Fallback) String() string {
	if f >= fallbackCount {
		return "invalid"
	}
	return fallbackNames[f]
}
