package audit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the fields of a record, in bytes; what is longer is cut. All that an
// API key may fits: the one scope that matters must not hide behind many.
const (
	maxField  = 512
	maxScopes = 16 << 10
)

// appendText appends s as a JSON string of up to most bytes before escaping, without what looks like a
// secret. What is not printed as one character is escaped or replaced: a
// terminal obeys control characters, C1 included, shows text backwards for
// others, and I-JSON has no noncharacters, so that one in a field would break
// the chain.
func appendText(dst []byte, s string, most int) []byte {
	dst = append(dst, '"')
	for _, r := range cut(Redact(s), most) {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case unicode.IsPrint(r):
			dst = utf8.AppendRune(dst, r)
		case r > 0xffff || unicode.Is(unicode.Noncharacter_Code_Point, r):
			dst = utf8.AppendRune(dst, utf8.RuneError)
		default:
			dst = appendEscape(dst, r)
		}
	}
	return append(dst, '"')
}

func appendEscape(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
}

// cut returns the beginning of s that fits, cut between characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// Credentials begin so: refresh tokens, session cookies and API keys of ours,
// and base64url of a JSON object, which a JWT is. They are longer than any
// public id that happens to hold the same characters.
var beginnings = [...]string{"ewr_", "ews_", "ew_", "eyJ"}

const minCredential = 40 // bytes

// Redact replaces what looks like a credential. Callers name credentials by
// their public ids; this is for the day on which one does not.
func Redact(s string) string {
	if beginning(s) == len(s) {
		return s
	}
	var kept strings.Builder
	for {
		at := beginning(s)
		kept.WriteString(s[:at])
		if at == len(s) {
			return kept.String()
		}
		end := at + len(s[at:]) - len(strings.TrimLeftFunc(s[at:], inCredential))
		if end-at < minCredential {
			kept.WriteString(s[at:end])
		} else {
			kept.WriteString("[secret]")
		}
		s = s[end:]
	}
}

// beginning returns where the first credential in s may begin, len(s) for none.
func beginning(s string) int {
	at := len(s)
	for _, b := range beginnings {
		if i := strings.Index(s, b); i >= 0 {
			at = min(at, i)
		}
	}
	return at
}

func inCredential(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.'
}
