package canonical

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxPath bounds a path in bytes, as it arrives and as it is forwarded.
const MaxPath = 8 << 10

// Path reads an escaped path as it is on the wire, without the query, and
// returns it decoded once. The result starts with "/", is valid UTF-8, has no
// dot segment and no empty segment but a last one (a trailing slash is kept),
// and decoding it again changes nothing.
//
// Everything that servers are known to read in two ways is refused: dot
// segments in any encoding, "//", an encoded "/", "\", ";", "#" or "?", control
// characters, "%" without two hexadecimal digits, invalid UTF-8 (overlong
// forms too), double encoding, and octets that no URI may hold unencoded.
//
// Path returns raw itself, without allocating, when it holds no "%".
func Path(raw string) (string, error) {
	if raw == "" || raw[0] != '/' {
		return "", malformed("path does not start with a slash")
	}
	if len(raw) > MaxPath {
		return "", malformed("path is longer than 8 KiB")
	}
	path, err := decodePath(raw)
	if err != nil {
		return "", err
	}
	if len(raw) > MaxPath/3 && len(path)+2*escapes(path) > MaxPath {
		return "", malformed("path is longer than 8 KiB once it is escaped")
	}
	if err := checkSegments(path); err != nil {
		return "", err
	}
	if err := checkText(path); err != nil {
		return "", err
	}
	return path, nil
}

// decodePath checks the octets of raw and decodes the percent-encoded ones,
// once.
func decodePath(raw string) (string, error) {
	var decoded strings.Builder
	plain := 0 // raw[plain:i] is still to be copied
	for i := 0; i < len(raw); i++ {
		if raw[i] != '%' {
			if !is(raw[i], pathRaw) {
				return "", malformed("path has an octet that must be encoded, or that has two readings")
			}
			continue
		}
		c, err := decodeTriplet(raw[i:])
		if err != nil {
			return "", err
		}
		if plain == 0 {
			decoded.Grow(len(raw))
		}
		decoded.WriteString(raw[plain:i])
		decoded.WriteByte(c)
		i += 2
		plain = i + 1
	}
	if plain == 0 {
		return raw, nil
	}
	decoded.WriteString(raw[plain:])
	return decoded.String(), nil
}

// decodeTriplet decodes the "%" and two hexadecimal digits that s starts with.
func decodeTriplet(s string) (byte, error) {
	c, ok := Octet(s)
	if !ok {
		return 0, malformed("path has a percent sign without two hexadecimal digits")
	}
	if is(c, pathBad) {
		return 0, malformed("path has an encoded delimiter or control character")
	}
	return c, nil
}

// checkSegments refuses what RFC 3986 §5.2.4 would remove, and what servers
// that merge slashes would.
func checkSegments(path string) error {
	for rest := path[1:]; rest != ""; {
		segment, tail, _ := strings.Cut(rest, "/")
		switch segment {
		case "":
			return malformed("path has an empty segment")
		case ".", "..":
			return malformed("path has a dot segment")
		}
		rest = tail
	}
	return nil
}

// checkText refuses a decoded path that a second decoding would change, and
// text that is not UTF-8 or holds a control character beyond ASCII (U+0085 is
// a line break to some).
func checkText(path string) error {
	ascii := true
	for i := range len(path) {
		if path[i] >= utf8.RuneSelf {
			ascii = false
		} else if _, encoded := Octet(path[i:]); encoded {
			return malformed("path is encoded twice")
		}
	}
	switch {
	case ascii:
		return nil
	case !utf8.ValidString(path):
		return malformed("path is not UTF-8")
	case strings.ContainsFunc(path, unicode.IsControl):
		return malformed("path has a control character")
	}
	return nil
}

// EscapePath returns the one escaped spelling of a canonical path, in which it
// is forwarded: RFC 3986 pchar stand for themselves, every other octet is "%"
// and two upper-case hexadecimal digits (§6.2.2.1). Path(EscapePath(p)) is p
// for every p that [Path] returned. It returns path itself, without allocating,
// when nothing has to be escaped.
func EscapePath(path string) string {
	n := escapes(path)
	if n == 0 {
		return path
	}
	const upper = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(path) + 2*n)
	for i := range len(path) {
		if c := path[i]; is(c, pathPlain) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', upper[c>>4], upper[c&15]})
		}
	}
	return b.String()
}

// escapes counts the octets of a canonical path that have to be escaped.
func escapes(path string) (n int) {
	for i := range len(path) {
		if !is(path[i], pathPlain) {
			n++
		}
	}
	return n
}
