package credential

import (
	"strings"

	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// A spelling says whether the letters of a parameter's name have a case. Those
// of a name that is also a field's have none.
type spelling byte

const (
	exact   spelling = 0
	anyCase spelling = 0x20
)

// hasParameter reports whether some reader of the raw query would find a
// parameter of one of the names in it: with or without a value, however it is
// percent-encoded, and also after a semicolon, which older parsers take for a
// separator. With anyCase the names are in lower case.
func hasParameter(rawQuery string, s spelling, names ...string) bool {
	for rawQuery != "" {
		pair := rawQuery
		if i := strings.IndexAny(rawQuery, "&;"); i >= 0 {
			pair, rawQuery = rawQuery[:i], rawQuery[i+1:]
		} else {
			rawQuery = ""
		}
		escaped, _, _ := strings.Cut(pair, "=")
		for _, name := range names {
			if decodesTo(escaped, s, name) {
				return true
			}
		}
	}
	return false
}

// decodesTo reports whether escaped percent-decodes to want, without decoding
// it: an escape that is none stands for itself.
func decodesTo(escaped string, s spelling, want string) bool {
	for i := range len(want) {
		if escaped == "" {
			return false
		}
		c, size := escaped[0], 1
		if decoded, ok := canonical.Octet(escaped); ok {
			c, size = decoded, 3
		}
		if c != want[i] && (c < 'A' || c > 'Z' || c|byte(s) != want[i]) {
			return false
		}
		escaped = escaped[size:]
	}
	return escaped == ""
}
