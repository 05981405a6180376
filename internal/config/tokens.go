package config

import (
	"errors"
	"io/fs"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks/keyfile"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
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

	ring *keyring.Ring // nil when Keys is ""
	root keyring.Root  // zero when there is no secret
	// secret is what root is made of: whether it changed decides what a reload
	// carries over.
	secret edgeward.Secret
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
	case errors.Is(err, fs.ErrNotExist):
		d.refuse(n.place, "edgeward key rotate makes it", "there is no key ring %s", name)
		return
	case err != nil:
		d.refuse(n.place, "", "%s cannot be read: %v", name, err)
		return
	case mode&readableByAll != 0:
		d.refuse(n.place, "chmod o-r "+name, "%s can be read by everybody on this machine", name)
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
	t.ring = ring
}

// root reads the secret from which others are derived.
func (d *decoder) root(n *node, t *Tokens) {
	secret, ok := d.secret(n)
	if !ok {
		return
	}
	root, err := keyring.NewRoot(secret)
	if err != nil {
		d.refuse(n.place, "openssl rand -base64 48 makes a good one", "%s", unprefixed(err))
		return
	}
	t.root, t.secret = root, secret
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
