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
	maxAgent  = 256
	maxScopes = 16 << 10
)

// appendText appends s as a JSON string of up to most bytes before escaping, without what looks like a
// secret. What is not printed as one character is escaped or replaced: a
// terminal obeys control characters, C1 included, shows text backwards for
// others, and I-JSON has no noncharacters, so that one in a field would break
// the chain.
func appendText(dst []byte, s string, most int) []byte {
	dst = append(dst, '"')
	for _, r := range RedactPrefix(s, most) {
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

// Credentials begin so: refresh tokens, session cookies, host handles, tickets and API keys of ours,
// and base64url of a JSON object, which a JWT is. They are longer than any
// public id that happens to hold the same characters.
var beginnings = [...]string{"ewr_", "ews_", "ewh_", "ewt_", "ew_", "eyJ"}

const minCredential = 40 // bytes

// Redact replaces what looks like a credential. Callers name credentials by
// their public ids; this is for the day on which one does not. It takes time
// linear in s: a client chooses paths.
func Redact(s string) string { return RedactPrefix(s, len(s)) }

// RedactPrefix is Redact for the first most bytes of s, and looks at
// [minCredential] more at most, so that its cost is bounded by most, whatever s
// is. A credential that the cut runs through is replaced whole, although too
// little of it is left to be known by. The result ends between characters.
func RedactPrefix(s string, most int) string {
	var kept strings.Builder
	shown := cut(s, most)
	done := 0 // s[:done] is in kept
	for at := 0; at < len(shown); at++ {
		if !begins(s[at:]) {
			continue
		}
		end := at + run(s[at:min(len(s), at+minCredential)])
		if end-at == minCredential {
			kept.WriteString(shown[done:at])
			kept.WriteString("[secret]")
			end += run(shown[min(end, len(shown)):])
			done = min(end, len(shown))
		}
		at = end - 1 // within a run that is too short, no longer one begins
	}
	if done == 0 {
		return shown
	}
	kept.WriteString(shown[done:])
	return kept.String()
}

// begins reports whether a credential may begin where s does.
func begins(s string) bool {
	if s[0] != 'e' {
		return false
	}
	for _, b := range beginnings {
		if strings.HasPrefix(s, b) {
			return true
		}
	}
	return false
}

// run returns how many of the first bytes of s a credential can have.
func run(s string) int {
	for i := range len(s) {
		if !inCredential(s[i]) {
			return i
		}
	}
	return len(s)
}

func inCredential(r byte) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.'
}
