package canonical

import (
	"errors"
	"fmt"

	"github.com/edgeward/edgeward"
)

// Bounds of a header section: field lines, and bytes of all names and values
// together.
const (
	MaxFields      = 256
	MaxHeaderBytes = 256 << 10
)

// ErrHeaderSize is wrapped, beside [edgeward.MalformedRequest], when a header
// section is over its bounds, so that a door can answer 431.
var ErrHeaderSize = errors.New("header section is too large")

// singleton lists the fields that mean one thing only (RFC 9110 §5.3): sent
// twice, two readers each take another one.
var singleton = map[string]edgeward.Reason{
	"Authorization":                 edgeward.AmbiguousCredential,
	"Proxy-Authorization":           edgeward.AmbiguousCredential,
	"Host":                          edgeward.MalformedRequest,
	"Content-Length":                edgeward.MalformedRequest,
	"Content-Type":                  edgeward.MalformedRequest,
	"Origin":                        edgeward.MalformedRequest,
	"Access-Control-Request-Method": edgeward.MalformedRequest,
	"Sec-Fetch-Mode":                edgeward.MalformedRequest,
	"Sec-Fetch-Site":                edgeward.MalformedRequest,
}

// Headers checks a header section as a door received it. It refuses one that
// is over its bounds, a name that is no token or not in canonical case (it
// would hide from [edgeward.Header.First]), a value with control characters
// (response and request splitting), a repeated field that means one thing, and
// Content-Length beside Transfer-Encoding (request smuggling, RFC 9112 §6.1).
// Go's own server lets few of these through, other hosts more.
func Headers(h edgeward.Header) error {
	fields, size := 0, 0
	for name, values := range h {
		if !canonicalName(name) {
			return malformed("header has a name that is no token in canonical case")
		}
		if len(values) > 1 { // few fields are: only these pay for a look into the table
			if reason, single := singleton[name]; single {
				return fmt.Errorf("canonical: field %s is repeated: %w", name, reason)
			}
		}
		for _, value := range values {
			if !fieldValue(value) {
				return malformed("header has a value with a control character")
			}
			size += len(name) + len(value)
		}
		fields += len(values)
	}
	if fields > MaxFields || size > MaxHeaderBytes {
		return fmt.Errorf("canonical: %w: %w", ErrHeaderSize, edgeward.MalformedRequest)
	}
	if len(h["Content-Length"]) > 0 && len(h["Transfer-Encoding"]) > 0 {
		return malformed("header has both Content-Length and Transfer-Encoding")
	}
	return nil
}

// canonicalName reports whether name is a token with an upper-case letter at
// the start and after each "-", and lower-case ones elsewhere.
func canonicalName(name string) bool {
	upper := true
	for i := range len(name) {
		c := name[i]
		if !is(c, token) || upper && 'a' <= c && c <= 'z' || !upper && 'A' <= c && c <= 'Z' {
			return false
		}
		upper = c == '-'
	}
	return name != ""
}

// FieldName returns a field's name as [edgeward.Header] has it, with an upper-case
// letter at the start and after each "-", and "" for what is no token. It
// allocates nothing when name is spelled so already.
func FieldName(name string) string {
	if canonicalName(name) {
		return name
	}
	b := []byte(name)
	upper := true
	for i, c := range b {
		switch {
		case !is(c, token):
			return ""
		case upper && 'a' <= c && c <= 'z':
			b[i] = c - ('a' - 'A')
		case !upper && 'A' <= c && c <= 'Z':
			b[i] = c + ('a' - 'A')
		}
		upper = c == '-'
	}
	return string(b)
}

// fieldValue reports whether value is free of control characters other than
// HTAB (RFC 9110 §5.5). It looks at eight octets at a time, tokens are long, and
// at each one only after an alarm: HTAB raises one, too.
func fieldValue(value string) bool {
	alarm, rest := uint64(0), value
	for len(rest) >= 8 {
		alarm |= controls(eight(rest))
		rest = rest[8:]
	}
	if alarm != 0 {
		rest = value
	}
	return fieldOctets(rest)
}

func fieldOctets(s string) bool {
	for i := range len(s) {
		if !is(s[i], fieldText) {
			return false
		}
	}
	return true
}

// eight returns the first eight octets of s.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// controls is not 0 when one of the octets of x is below 0x20 or is 0x7f. An
// octet is below n when subtracting n from it borrows; a false alarm is possible
// next to a true one only.
func controls(x uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	del := x ^ 0x7f*ones
	return ((x-0x20*ones)&^x | (del-ones)&^del) & tops
}
