package config

import (
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/setup/document"
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

	Ring     *keyring.Ring  // nil when Keys is ""
	Root     keyring.Root   // zero when there is no secret
	Previous []keyring.Root // what was made with them holds
}

var defaultTokens = Tokens{
	AccessLifetime:  keyring.DefaultLifetime,
	RefreshLifetime: refresh.DefaultLifetime,
	RefreshGrace:    refresh.DefaultGrace,
}

// keyRing loads the ring.
func (d *decoder) keyRing(n *document.Node, t *Tokens) {
	var fault *document.Fault
	t.Keys, t.Ring, fault = d.source.KeyRing(n.Text)
	d.OK(n.Place, fault)
}

// root reads a secret from which others are derived.
func (d *decoder) root(n *document.Node, previous bool) keyring.Root {
	secret, ok := d.secret(n)
	if !ok {
		return keyring.Root{}
	}
	root, err := keyring.NewRoot(secret)
	if err != nil {
		d.Refuse(n.Place, "openssl rand -base64 48 makes a good one", "%s", document.Detail(err))
	} else if !previous { // which is on its way out
		d.guessable(n.Place, secret)
	}
	return root
}

// roots reads the secrets of before.
func (d *decoder) roots(n *document.Node) []keyring.Root {
	if !d.Is(n, document.List, "[file:secret.old]") {
		return nil
	}
	if len(n.Items) > apikey.MaxPrevious {
		d.Refuse(n.Items[apikey.MaxPrevious].Place, "remove those of which nothing lives any more", "more than %d previous secrets", apikey.MaxPrevious)
		return nil
	}
	roots := make([]keyring.Root, len(n.Items))
	for i, item := range n.Items {
		roots[i] = d.root(item, true)
	}
	return roots
}

// checkSecrets wants each secret once: one that stands for itself too was
// pasted into the wrong place.
func (d *decoder) checkSecrets(tokens *document.Node, t *Tokens) {
	n := tokens.Field("previous_secrets")
	if n == nil {
		return
	}
	if tokens.Field("secret") == nil {
		d.Refuse(n.Place, "add tokens.secret, a new one", "without tokens.secret there is none that came after them")
	}
	for i, root := range t.Previous {
		switch {
		case root.IsZero(): // that was reported
		case root.Equal(t.Root):
			d.Refuse(n.Items[i].Place, "give tokens.secret a new one, or remove this", "this is tokens.secret itself")
		case slices.ContainsFunc(t.Previous[:i], root.Equal):
			d.Refuse(n.Items[i].Place, "remove it", "this secret is in the list already")
		}
	}
}

// SameSecrets reports whether what was made by t holds by other, and the other
// way round.
func (t *Tokens) SameSecrets(other *Tokens) bool {
	return t.Root.Equal(other.Root) && slices.EqualFunc(t.Previous, other.Previous, keyring.Root.Equal)
}

// Derive returns the secret for a purpose, and those of before.
func (t *Tokens) Derive(p keyring.Purpose) (current edgeward.Secret, previous []edgeward.Secret, err error) {
	if current, err = t.Root.Derive(p); err != nil {
		return current, nil, err
	}
	for _, root := range t.Previous {
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
func (d *decoder) grace(n *document.Node) time.Duration {
	v := d.Duration(n, 0, refresh.MaxGrace, ": a thief could use a stolen token that long")
	if v == 0 {
		return -1
	}
	return v
}
