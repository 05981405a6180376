package login

import "strings"

// A form is application/x-www-form-urlencoded text, of a body or a query.
type form []byte

// add appends a parameter. A space becomes "%20", which every reader of a form
// and of a query takes for a space.
func (f form) add(name, value string) form {
	if len(f) > 0 {
		f = append(f, '&')
	}
	return append(append(append(f, name...), '='), escape(value)...)
}

// below returns the URL with f as its query, after what it has of one
// (RFC 6749 §3.1).
func (f form) below(url string) string {
	if strings.Contains(url, "?") {
		return url + "&" + string(f)
	}
	return url + "?" + string(f)
}

// escape encodes every octet that RFC 3986 §2.3 does not call unreserved.
func escape(s string) string { return escapeUnless(s, unreserved) }

// escapeBeyondASCII encodes what no URL holds unencoded, and leaves the rest as
// it is: a query decides nothing and is not read.
func escapeBeyondASCII(s string) string {
	return escapeUnless(s, func(c byte) bool { return ' ' < c && c < 0x7f })
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func escapeUnless(s string, plain func(byte) bool) string {
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
