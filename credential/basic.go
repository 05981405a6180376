package credential

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
)

const (
	basicScheme = "basic"

	// maxBasic bounds HTTP Basic credentials in bytes, encoded.
	maxBasic = 8 << 10
)

var errBasicFormat = fmt.Errorf("credential: Authorization is not \"Basic\", one space and the base64 of a user name, a colon and a password, of at most %d bytes: %w", maxBasic, edgeward.CredentialMalformed)

// Basic reads the value of an Authorization field as HTTP Basic credentials (RFC
// 7617 §2): the scheme in any case, exactly one space, base64 with its padding. The
// user name ends at the first colon. What it returns may hold any octet. basic
// reports whether the scheme is Basic; ok is false where such a value is malformed,
// or longer than 8 KiB.
func Basic(value string) (username, password string, basic, ok bool) {
	if len(value) < len(basicScheme) || !strings.EqualFold(value[:len(basicScheme)], basicScheme) {
		return "", "", false, false
	}
	encoded := value[len(basicScheme):]
	if encoded != "" && tokenBytes[encoded[0]] {
		return "", "", false, false // another scheme that begins so
	}
	encoded, spaced := strings.CutPrefix(encoded, " ")
	if !spaced || len(encoded) > maxBasic {
		return "", "", true, false
	}
	plain, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || base64.StdEncoding.EncodedLen(len(plain)) != len(encoded) { // Go's decoder skips CR and LF
		return "", "", true, false
	}
	username, password, ok = strings.Cut(string(plain), ":")
	if !ok {
		return "", "", true, false
	}
	return username, password, true, true
}

// IsIssuedBasic reports whether the value of an Authorization field is HTTP Basic
// credentials with an API key or a personal token of ours in them, on either side:
// some clients send a key in place of the user name. It reads what [Basic] refuses,
// too, as a lenient application would: without the padding or the colon, with more
// spaces, in the alphabet of URLs.
func IsIssuedBasic(value string) bool {
	if len(value) < len(basicScheme) || !strings.EqualFold(value[:len(basicScheme)], basicScheme) {
		return false
	}
	encoded := strings.TrimRight(strings.Trim(value[len(basicScheme):], " \t"), "=")
	encoded = strings.NewReplacer("-", "+", "_", "/").Replace(encoded)
	plain, _ := base64.RawStdEncoding.DecodeString(encoded) // as far as it can be read
	username, password, _ := strings.Cut(string(plain), ":")
	return isAPIKey(username) || isAPIKey(password)
}
