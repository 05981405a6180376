package edgeward

import (
	"crypto/subtle"
	"fmt"
)

// A Secret is a string that no formatter, logger or encoder prints: a token, a
// key, a cookie's value. It cannot be compared with ==, which would leak by
// timing how much of a guess was right; use [Secret.Equal].
type Secret struct {
	_     [0]func() // makes == a compile error
	value string
}

const redacted = "[secret]"

// NewSecret wraps s.
func NewSecret(s string) Secret { return Secret{value: s} }

// Reveal returns the string itself, for the one place that needs it.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.value == "" }

// Len returns the secret's length in bytes.
func (s Secret) Len() int { return len(s.value) }

// Repetitive reports whether the secret has fewer than 8 different bytes, as
// placeholders have. 32 random bytes never do, be they written in hexadecimal, in
// base64 or as they are.
func (s Secret) Repetitive() bool {
	var seen [256]bool
	different := 0
	for i := range len(s.value) {
		if !seen[s.value[i]] {
			seen[s.value[i]] = true
			different++
		}
	}
	return different < 8
}

// Equal compares in time that depends on the lengths only.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.value), []byte(other.value)) == 1
}

// String implements [fmt.Stringer] and tells nothing.
func (s Secret) String() string { return redacted }

// Format implements [fmt.Formatter], so that not even %#v or %x tells.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText implements encoding.TextMarshaler, which JSON, YAML and slog
// respect, and tells nothing.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
