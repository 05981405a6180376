package config

import (
	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// SecretForm is how a secret is named.
const SecretForm = "env:NAME or file:PATH"

// secret reads a secret from where n says it is. When only the place that the
// configuration is made for has it, there is none, as after a mistake.
func (d *decoder) secret(n *document.Node) (edgeward.Secret, bool) {
	if n.Kind != document.Text {
		d.Refuse(n.Place, "like this: "+SecretForm, "a secret must be %s", SecretForm)
		return edgeward.Secret{}, false
	}
	secret, fault := d.source.Secret(n.Text)
	return secret, d.OK(n.Place, fault) && !secret.IsZero()
}

// guessable refuses a secret for what [rule.Guessable] says of it.
func (d *decoder) guessable(at document.Place, secret edgeward.Secret) {
	d.OK(at, rule.Guessable(secret))
}
