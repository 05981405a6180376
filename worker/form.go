package worker

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
)

// maxForm bounds a form in bytes; the longest thing in one is a token of 8 KiB.
const maxForm = 16 << 10

// A form is the parameters of a body or a query. One without a value counts as
// absent, and one that nobody knows is ignored (RFC 6749 §3.2).
type form map[string]string

var errForm = fmt.Errorf("worker: a form is too long, broken, or has a parameter twice: %w", edgeward.MalformedRequest)

// parseForm reads a form strictly: of a parameter that is there twice, a proxy or
// a log in front may have read the other one.
func parseForm(text string) (form, error) {
	if len(text) > maxForm {
		return nil, errForm
	}
	f := form{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, ok := unescape(rawName)
		value, fine := unescape(rawValue)
		if _, twice := f[name]; !ok || !fine || twice || strings.Contains(pair, ";") {
			return nil, errForm
		}
		f[name] = value
	}
	return f, nil
}

func unescape(s string) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			b = append(b, ' ')
		case c != '%':
			b = append(b, c)
		case i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			return "", false
		}
	}
	return string(b), true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
