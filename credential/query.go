package credential

import "strings"

const accessToken = "access_token"

// hasAccessToken reports whether some reader of the raw query would find a
// parameter named access_token in it: with or without a value, however it is
// percent-encoded, and also after a semicolon, which older parsers take for a
// separator.
func hasAccessToken(rawQuery string) bool {
	for rawQuery != "" {
		pair := rawQuery
		if i := strings.IndexAny(rawQuery, "&;"); i >= 0 {
			pair, rawQuery = rawQuery[:i], rawQuery[i+1:]
		} else {
			rawQuery = ""
		}
		name, _, _ := strings.Cut(pair, "=")
		if decodesTo(name, accessToken) {
			return true
		}
	}
	return false
}

// decodesTo reports whether escaped percent-decodes to want, without decoding
// it: an escape that is none stands for itself.
func decodesTo(escaped, want string) bool {
	for i := range len(want) {
		if escaped == "" {
			return false
		}
		c, size := escaped[0], 1
		if c == '%' && len(escaped) >= 3 && isHex(escaped[1]) && isHex(escaped[2]) {
			c, size = unhex(escaped[1])<<4|unhex(escaped[2]), 3
		}
		if c != want[i] {
			return false
		}
		escaped = escaped[size:]
	}
	return escaped == ""
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
