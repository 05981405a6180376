package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwt"
)

// hmac loads the secret of an issuer as its keys.
func (d *decoder) hmac(n *node, i *Issuer) {
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
			d.refuse(n.place, "openssl rand -base64 48 makes a good one", "%s", unprefixed(err))
			return
		}
		keys = append(keys, key)
	}
	d.guessable(n.place, i.Secret)
	d.keep(n.place, i, keys)
}

func (d *decoder) keep(at place, i *Issuer, keys []*jwt.Key) {
	static, err := jwks.NewStatic(keys...)
	if err != nil {
		d.refuse(at, "", "%s", unprefixed(err))
		return
	}
	i.static = static
}

// keyFile loads the public keys of an issuer from a file.
func (d *decoder) keyFile(n *node, i *Issuer) {
	if i.Keys == "" {
		return // reported
	}
	data, _, err := d.files.read(d.files.locate(i.Keys), maxFile)
	if err != nil {
		d.refuse(n.place, "", "%s cannot be read: %v", i.Keys, err)
		return
	}
	set, ignored, err := keyfile.ParsePublic(data)
	if err != nil {
		d.refuse(n.place, "PEM, a JWK or a JWK set, with public keys only", "%s: %s", i.Keys, unprefixed(err))
		return
	}
	for _, key := range ignored {
		d.warnings = append(d.warnings, fmt.Sprintf("%s: key %q is ignored: %s", i.Keys, key.KeyID, unprefixed(key.Err)))
	}
	for _, alg := range i.Algorithms {
		if !slices.ContainsFunc(set.Keys(), func(k *jwt.Key) bool { return k.Algorithm == alg }) {
			d.refuse(n.place, "correct algorithms, or add the key", "%s has no key for %s", i.Keys, alg)
		}
	}
	if i.Algorithms == nil {
		i.Algorithms = algorithmsOf(set.Keys())
	}
	if d.away {
		i.public, _ = keyfile.PublicSet(data) // ParsePublic took it
	}
	i.static = set.Static()
}

// algorithmsOf returns what keys are for. An RSA key that does not say could
// serve six algorithms; the one that everybody means is RS256.
func algorithmsOf(keys []*jwt.Key) []jwt.Algorithm {
	byID := map[string][]jwt.Algorithm{}
	for _, k := range keys {
		byID[k.ID] = append(byID[k.ID], k.Algorithm)
	}
	var all []jwt.Algorithm
	for _, k := range keys {
		narrowed := k.Algorithm != jwt.RS256 && slices.Contains(byID[k.ID], jwt.RS256) && isRSA(k.Algorithm)
		if !narrowed && !slices.Contains(all, k.Algorithm) {
			all = append(all, k.Algorithm)
		}
	}
	return all
}

func isRSA(alg jwt.Algorithm) bool {
	return strings.HasPrefix(string(alg), "RS") || strings.HasPrefix(string(alg), "PS")
}

// signer loads a private key.
func (d *decoder) signer(n *node) jwt.Signer {
	name, ok := d.path(n)
	if !ok {
		return nil
	}
	data, ok := d.secretFile(n.place, name)
	if !ok {
		return nil
	}
	key, err := keyfile.ParsePrivate(data)
	if err != nil {
		d.refuse(n.place, "edgeward key new makes one", "%s: %s", name, unprefixed(err))
		return nil
	}
	return key
}

// unprefixed returns the message of another room without the room's name.
func unprefixed(err error) string {
	room, message, found := strings.Cut(err.Error(), ": ")
	if !found || strings.ContainsAny(room, " /") {
		return err.Error()
	}
	return message
}
