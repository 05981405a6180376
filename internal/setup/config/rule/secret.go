package rule

import (
	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// Guessable says why a secret is none: a placeholder, a byte that is repeated and
// the like, or a public key. It is nil where there is nothing to say.
func Guessable(secret edgeward.Secret) *document.Fault {
	switch {
	case secret.Public():
		return document.Faultf("an issuer that signs with key pairs has keys: file:PATH, and for a secret openssl rand -base64 48 makes a good one", "this is a public key or a certificate: every holder of it could sign")
	case !secret.IsZero() && secret.Repetitive():
		return document.Faultf("openssl rand -base64 48 makes a good one", "the secret has fewer than 8 different bytes: it is no random one, and can be guessed")
	}
	return nil
}
