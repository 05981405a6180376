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

// guessable refuses a placeholder, a byte that is repeated and the like, and a
// public key, which is none.
func (d *decoder) guessable(at document.Place, secret edgeward.Secret) {
	if secret.Public() {
		d.refuse(at, "an issuer that signs with key pairs has keys: file:PATH, and for a secret openssl rand -base64 48 makes a good one", "this is a public key or a certificate: every holder of it could sign")
	}
	if !secret.IsZero() && secret.Repetitive() {
		d.refuse(at, "openssl rand -base64 48 makes a good one", "the secret has fewer than 8 different bytes: it is no random one, and can be guessed")
	}
}
