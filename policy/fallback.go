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
)

var fallbackNames = []string{"unavailable", "any", "never"}

// String returns the name that configuration uses.
func (f Fallback) String() string { return nameOf(fallbackNames, f) }
