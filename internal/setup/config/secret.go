package config

import (
	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// SecretForm is how a secret is named.
const SecretForm = "env:NAME or file:PATH"

// secret reads a secret from where n says it is. When only the place that the
// configuration is made for has it, there is none, as after a mistake.
func (d *decoder) secret(n *document.Node) (edgeward.Secret, bool) {
	if n.Kind != document.Text {
		d.refuse(n.Place, "like this: "+SecretForm, "a secret must be %s", SecretForm)
		return edgeward.Secret{}, false
	}
	secret, fault := d.source.Secret(n.Text)
	return secret, d.ok(n.Place, fault) && !secret.IsZero()
}

// guessable refuses a secret for what [Guessable] says of it.
func (d *decoder) guessable(at document.Place, secret edgeward.Secret) {
	d.ok(at, Guessable(secret))
}

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
