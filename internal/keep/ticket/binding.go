package ticket

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/edgeward/edgeward"
)

var base64url = base64.RawURLEncoding.Strict()

// bindingSize is how many random bytes a binding has.
const bindingSize = 32

// NewBinding returns what a browser keeps in a cookie of a host while it signs in
// elsewhere: 256 random bits.
func NewBinding() edgeward.Secret {
	raw := make([]byte, bindingSize)
	rand.Read(raw) // aborts the program rather than fail
	return edgeward.NewSecret(base64url.EncodeToString(raw))
}

// Challenge returns what shows a binding to no one: its hash, as PKCE has it of a
// verifier (RFC 7636 §4.2). ok is false for what is no binding.
func Challenge(binding edgeward.Secret) (challenge string, ok bool) {
	if !isRandom(binding.Reveal(), bindingSize) {
		return "", false
	}
	sum := sha256.Sum256([]byte(binding.Reveal()))
	return base64url.EncodeToString(sum[:]), true
}

// IsChallenge reports whether s has the form of a challenge.
func IsChallenge(s string) bool { return isRandom(s, sha256.Size) }

// isRandom reports whether s is the one spelling of n bytes.
func isRandom(s string, n int) bool {
	if len(s) != base64url.EncodedLen(n) {
		return false
	}
	raw, err := base64url.DecodeString(s)
	return err == nil && len(raw) == n
}
