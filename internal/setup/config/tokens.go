package config

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/refresh"
)

// Tokens are those that Edgeward makes itself.
type Tokens struct {
	Issuer, Audience string
	Keys             string // path of the key ring, relative to the working directory; "" when no access tokens are made
	AccessLifetime   time.Duration
	RefreshLifetime  time.Duration
	RefreshGrace     time.Duration // below zero: none

	ring     *keyring.Ring  // nil when Keys is ""
	root     keyring.Root   // zero when there is no secret
	previous []keyring.Root // what was made with them holds
}

var defaultTokens = Tokens{
	AccessLifetime:  keyring.DefaultLifetime,
	RefreshLifetime: refresh.DefaultLifetime,
	RefreshGrace:    refresh.DefaultGrace,
}

// importer makes the ring's asymmetric keys usable.
var importer = keyring.Importer{
	Private: func(jwk []byte) (keyring.Pair, error) { return keyfile.ParsePrivate(jwk) },
	Public:  stdcrypto.Import,
}

// keyRing loads the ring. One that nothing signs with is refused: tokens could
// be verified, and no new one would ever come.
func (d *decoder) keyRing(n *node, t *Tokens) {
	name, ok := d.path(n)
	if !ok {
		return
	}
	t.Keys = d.files.locate(name)
	data, mode, err := d.files.read(t.Keys, maxFile)
	switch {
	case d.away && errors.Is(err, fs.ErrNotExist):
		d.warnings = append(d.warnings, fmt.Sprintf("%s is not here, so its keys are unchecked: a Worker signs with HS256", name))
		return
	case errors.Is(err, fs.ErrNotExist):
		d.refuse(n.place, "edgeward key rotate makes it", "there is no key ring %s", name)
		return
	case err != nil:
		d.refuse(n.place, "", "%s cannot be read: %v", name, err)
		return
	case !d.private(n.place, name, mode):
		return
	}
	ring, err := keyring.Parse(data, importer, nil)
	if err != nil {
		d.refuse(n.place, "restore it: with another key ring all our access tokens are void", "%s: %s", name, unprefixed(err))
		return
	}
	if _, err := ring.Signer(time.Now()); err != nil {
		d.refuse(n.place, "edgeward key rotate puts a new one in front", "%s: %s", name, unprefixed(err))
		return
	}
	if alg := ring.Algorithms(); d.away && slices.ContainsFunc(alg, func(a jwt.Algorithm) bool { return !a.Symmetric() }) {
		d.refuse(n.place, "make a ring for the Worker: edgeward key rotate --alg HS256", "%s: a Worker signs with HS256, and has no use for another private key", name)
	}
	t.ring = ring
}

// root reads a secret from which others are derived.
func (d *decoder) root(n *node, previous bool) keyring.Root {
	secret, ok := d.secret(n)
	if !ok {
		return keyring.Root{}
	}
	root, err := keyring.NewRoot(secret)
	if err != nil {
		d.refuse(n.place, "openssl rand -base64 48 makes a good one", "%s", unprefixed(err))
	} else if !previous { // which is on its way out
		d.guessable(n.place, secret)
	}
	return root
}

// roots reads the secrets of before.
func (d *decoder) roots(n *node) []keyring.Root {
	if !d.is(n, list, "[file:secret.old]") {
		return nil
	}
	if len(n.items) > apikey.MaxPrevious {
		d.refuse(n.items[apikey.MaxPrevious].place, "remove those of which nothing lives any more", "more than %d previous secrets", apikey.MaxPrevious)
		return nil
	}
	roots := make([]keyring.Root, len(n.items))
	for i, item := range n.items {
		roots[i] = d.root(item, true)
	}
	return roots
}

// checkSecrets wants each secret once: one that stands for itself too was
// pasted into the wrong place.
func (d *decoder) checkSecrets(tokens *node, t *Tokens) {
	n := tokens.field("previous_secrets")
	if n == nil {
		return
	}
	if tokens.field("secret") == nil {
		d.refuse(n.place, "add tokens.secret, a new one", "without tokens.secret there is none that came after them")
	}
	for i, root := range t.previous {
		switch {
		case root.IsZero(): // that was reported
		case root.Equal(t.root):
			d.refuse(n.items[i].place, "give tokens.secret a new one, or remove this", "this is tokens.secret itself")
		case slices.ContainsFunc(t.previous[:i], root.Equal):
			d.refuse(n.items[i].place, "remove it", "this secret is in the list already")
		}
	}
}

// sameSecrets reports whether what was made by t holds by other, and the other
// way round.
func (t *Tokens) sameSecrets(other *Tokens) bool {
	return t.root.Equal(other.root) && slices.EqualFunc(t.previous, other.previous, keyring.Root.Equal)
}

// derive returns the secret for a purpose, and those of before.
func (t *Tokens) derive(p keyring.Purpose) (current edgeward.Secret, previous []edgeward.Secret, err error) {
	if current, err = t.root.Derive(p); err != nil {
		return current, nil, err
	}
	for _, root := range t.previous {
		secret, err := root.Derive(p)
		if err != nil {
			return current, nil, err
		}
		previous = append(previous, secret)
	}
	return current, previous, nil
}

// grace reads refresh_grace in the form of refresh.Config, where zero means
// the default and less than zero means none.
func (d *decoder) grace(n *node) time.Duration {
	v := d.duration(n, 0, refresh.MaxGrace, ": a thief could use a stolen token that long")
	if v == 0 {
		return -1
	}
	return v
}
