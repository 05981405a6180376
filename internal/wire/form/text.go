package form

import "strings"

// A Text is a form as it is sent, in a body or a query. nil is an empty one.
type Text []byte

// Add appends a parameter, whose name has nothing to escape. A space becomes
// "%20", which every reader of a form and of a query takes for a space.
func (t Text) Add(name, value string) Text {
	if len(t) > 0 {
		t = append(t, '&')
	}
	return append(append(append(t, name...), '='), Escape(value)...)
}

// Below returns the URL with t as its query, after what it has of one
// (RFC 6749 §3.1).
func (t Text) Below(url string) string {
	if strings.Contains(url, "?") {
		return url + "&" + string(t)
	}
	return url + "?" + string(t)
}

// Escape encodes every octet that RFC 3986 §2.3 does not call unreserved.
func Escape(s string) string { return EscapeUnless(s, unreserved) }

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// EscapeUnless encodes every octet that is not plain.
func EscapeUnless(s string, plain func(byte) bool) string {
	const upper = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', upper[c>>4], upper[c&15]})
		}
	}
	return b.String()
}
