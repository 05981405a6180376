// Package form reads and writes application/x-www-form-urlencoded text, as it is
// in the body of a form and in the query of a URL. It reads strictly, because
// others read the same text: a proxy, a log, an application.
package form

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

const (
	// MaxSize bounds what is read, in bytes. Doors read less of a body.
	MaxSize = 32 << 10
	// maxPairs bounds what one map is made of.
	maxPairs = 1000
)

// Why text is no form. Both wrap [edgeward.MalformedRequest].
var (
	ErrSyntax   = fmt.Errorf("form: too long, or not encoded as a form is: %w", edgeward.MalformedRequest)
	ErrRepeated = fmt.Errorf("form: a parameter is there twice: %w", edgeward.MalformedRequest)
)

// A RepeatedError names the parameter that is there twice. It wraps [ErrRepeated].
type RepeatedError struct{ Name string }

// Error implements error. It leaves the name out, which any client chooses.
func (*RepeatedError) Error() string { return ErrRepeated.Error() }

// Unwrap returns ErrRepeated.
func (*RepeatedError) Unwrap() error { return ErrRepeated }

// A Form is a request's parameters, each there once, by their names.
type Form map[string]string

// Has tells an empty parameter from none.
func (f Form) Has(name string) bool { _, ok := f[name]; return ok }

// Parse reads at most [MaxSize] bytes and 1,000 parameters. Of a parameter that
// is there twice, in whatever spelling, somebody else may have read the other
// one; a ";" separates parameters for some readers and is part of one for others
// (CVE-2021-23336). Both are refused. Values are any octets. Errors wrap
// [ErrSyntax], or are a [RepeatedError].
func Parse(text string) (Form, error) {
	if len(text) > MaxSize || strings.Count(text, "&") >= maxPairs || strings.Contains(text, ";") {
		return nil, ErrSyntax
	}
	f := Form{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		encodedName, encodedValue, _ := strings.Cut(pair, "=")
		name, ok := unescape(encodedName)
		value, fine := unescape(encodedValue)
		if !ok || !fine {
			return nil, ErrSyntax
		}
		if f.Has(name) {
			return nil, &RepeatedError{name}
		}
		f[name] = value
	}
	return f, nil
}

// unescape decodes s once. ok is false for a "%" without two hexadecimal
// digits.
func unescape(s string) (decoded string, ok bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			b = append(b, ' ')
		case '%':
			if c, ok = canonical.Octet(s[i:]); !ok {
				return "", false
			}
			b = append(b, c)
			i += 2
		default:
			b = append(b, c)
		}
	}
	return string(b), true
}
