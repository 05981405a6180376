package config

import (
	"fmt"
	"slices"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// hmac loads the secret of an issuer as its keys.
func (d *decoder) hmac(n *document.Node, i *Issuer) {
	if i.Algorithms == nil {
		i.Algorithms = []jwt.Algorithm{jwt.HS256}
	}
	if i.Secret.IsZero() {
		return // reported
	}
	var keys []*jwt.Key
	for _, alg := range i.Algorithms {
		if !alg.Symmetric() {
			return // reported
		}
		key, err := jwt.HMACKey("", alg, i.Secret)
		if err != nil {
			d.Refuse(n.Place, "openssl rand -base64 48 makes a good one", "%s", document.Detail(err))
			return
		}
		keys = append(keys, key)
	}
	d.guessable(n.Place, i.Secret)
	d.keep(n.Place, i, keys)
}

func (d *decoder) keep(at document.Place, i *Issuer, keys []*jwt.Key) {
	static, err := jwks.NewStatic(keys...)
	if err != nil {
		d.Refuse(at, "", "%s", document.Detail(err))
		return
	}
	i.Static = static
}

// publicKeys loads the public keys of an issuer.
func (d *decoder) publicKeys(n *document.Node, i *Issuer) {
	k, fault := d.source.PublicKeys(n.Text)
	if i.Keys = k.Name; !d.OK(n.Place, fault) {
		return
	}
	d.rules.keys(d, n, i.Algorithms, &k)
	if i.Algorithms == nil {
		i.Algorithms = rule.AlgorithmsOf(k.Set.Keys())
	}
	i.Static, i.Public = k.Set.Static(), k.JSON
}

// checkKeys wants a key for every algorithm, and says which keys are of no use.
func (d *decoder) checkKeys(n *document.Node, algorithms []jwt.Algorithm, k *PublicKeys) {
	for _, key := range k.Ignored {
		d.warnings = append(d.warnings, fmt.Sprintf("%s: key %q is ignored: %s", k.Name, key.KeyID, document.Detail(key.Err)))
	}
	for _, alg := range algorithms {
		if !slices.ContainsFunc(k.Set.Keys(), func(k *jwt.Key) bool { return k.Algorithm == alg }) {
			d.Refuse(n.Place, "correct algorithms, or add the key", "%s has no key for %s", k.Name, alg)
		}
	}
}

// signer loads a private key.
func (d *decoder) signer(n *document.Node) jwt.Signer {
	signer, fault := d.source.Signer(n.Text)
	if !d.OK(n.Place, fault) {
		return nil
	}
	return signer
}
