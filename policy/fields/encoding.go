package fields

import (
	"encoding/base64"
	"slices"
	"strings"
)

// An Encoding is how a field spells text. Its zero value is text as it is, in UTF-8:
// octets that HTTP calls opaque (RFC 9110 §5.5), and all doors and fronts pass on.
type Encoding uint8

// The encodings. All but UTF8 leave nothing but printable ASCII.
const (
	UTF8            Encoding = iota
	Percent                  // %C3%A9, each value of a list by itself; % is %25 (RFC 3986 §2.1)
	QuotedPrintable          // =C3=A9, the whole field; = is =3D (RFC 2045 §6.7)
	EncodedWord              // =?utf-8?q?=C3=A9?=, if it is not ASCII (RFC 2047 §4.2), in one word of any length
	Base64                   // the whole field, padded (RFC 4648 §4)
)

var encodings = []string{"utf-8", "percent", "quoted-printable", "rfc2047", "base64"}

const (
	hex        = "0123456789ABCDEF"
	unreserved = "-._~@" // beside letters and digits: what no reader of a percent-encoded text takes for a sign
)

// of encodes a whole field.
func (e Encoding) of(s string) string {
	switch e {
	case QuotedPrintable:
		return escaped(s, '=', func(c byte) bool { return ' ' <= c && c <= '~' && c != '=' })
	case EncodedWord:
		if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) && !strings.Contains(s, "=?") {
			return s
		}
		return "=?utf-8?q?" + escaped(s, '=', isAlphanumeric) + "?="
	case Base64:
		return base64.StdEncoding.EncodeToString([]byte(s))
	}
	return s
}

// join makes one field of the values of a list. It leaves out values that would read
// as several, or none, and returns how many.
func (e Encoding) join(values []string, separator string) (field string, left int) {
	if e == Percent {
		all := make([]string, len(values))
		for i, v := range values {
			all[i] = escaped(v, '%', func(c byte) bool { return isAlphanumeric(c) || strings.IndexByte(unreserved, c) >= 0 })
		}
		return strings.Join(all, separator), 0
	}
	holds := func(v string) bool { return strings.Contains(v, separator) }
	if slices.ContainsFunc(values, holds) {
		whole := slices.DeleteFunc(slices.Clone(values), holds)
		return e.of(strings.Join(whole, separator)), len(values) - len(whole)
	}
	return e.of(strings.Join(values, separator)), 0
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// escaped writes every octet that may not stand for itself as sign and two digits.
func escaped(s string, sign byte, plain func(c byte) bool) string {
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		if c := s[i]; plain(c) {
			b = append(b, c)
		} else {
			b = append(b, sign, hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}
