// Package fieldname says what the name of a header field means to a server that reads a
// request: under one folding, by which no spelling of a name is another name.
package fieldname

// Signs of field names. Upstreams that hand fields on as CGI variables (RFC
// 3875 §4.1.18) cannot tell "-" from "_", and lighttpd turns every other sign
// into "_" as well. So a name with any sign but "-" can be read as another field
// than the one that was decided on: X_Auth_Subject (CVE-2025-64484), but also
// Content_Length, which gives the request another framing. Letters beyond ASCII
// are no tokens and never get here: see canonical.Headers.

// folded maps every octet to what the most careless upstream takes it for: a
// letter to lower case, a digit to itself, everything else to "-".
var folded = foldTable()

func foldTable() (table [256]byte) {
	for c := range table {
		switch b := byte(c); {
		case 'a' <= b && b <= 'z', '0' <= b && b <= '9':
			table[c] = b
		case 'A' <= b && b <= 'Z':
			table[c] = b + ('a' - 'A')
		default:
			table[c] = '-'
		}
	}
	return table
}

// Fold returns what the most careless upstream takes name for: lower case, with
// "-" for every sign.
func Fold(name string) string {
	b := []byte(name)
	for i := range b {
		b[i] = folded[b[i]]
	}
	return string(b)
}

// IsIrregular reports whether a field name has a sign other than "-", the rule
// by which nginx ignores fields unless it is told otherwise.
func IsIrregular(name string) bool {
	for i := range len(name) {
		if c := name[i]; c != '-' && folded[c] == '-' {
			return true
		}
	}
	return false
}

// equal reports whether name can be read as lower, which is in lower case.
func equal(name, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i := range len(name) {
		if folded[name[i]] != lower[i] {
			return false
		}
	}
	return true
}

// hasPrefix reports whether name can be read as starting with lower.
func hasPrefix(name, lower string) bool {
	return len(name) >= len(lower) && equal(name[:len(lower)], lower)
}
