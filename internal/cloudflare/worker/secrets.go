package worker

import (
	"fmt"

	"github.com/edgeward/edgeward"
)

// checkSecrets refuses placeholders, and public keys in the place of secrets.
func (c *Configuration) checkSecrets() error {
	secrets := map[string]edgeward.Secret{AdminSecret: c.Admin, "the secret of tokens.secret": c.Tokens.Secret}
	for i := range c.Issuers {
		secrets["the secret of issuer "+c.Issuers[i].Rules.Issuer] = c.Issuers[i].Secret
	}
	for name, secret := range secrets {
		switch {
		case secret.Public():
			return fmt.Errorf("worker: %s is a public key or a certificate, with which everybody could sign: openssl rand -base64 48 makes a good secret", name)
		case !secret.IsZero() && secret.Repetitive():
			return fmt.Errorf("worker: %s has fewer than 8 different bytes and can be guessed: openssl rand -base64 48 makes a good one", name)
		}
	}
	return nil
}
