package gateway

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/store"
)

// A pin is what a store was begun under and keeps to: with another one, what
// is in it would mean something else.
type pin struct {
	key      string // in the store
	value    string
	previous []string                    // what may be kept instead, and is replaced
	broken   func(kept string) *PinError // neither is what is kept

	over *store.Entry // what is to be replaced; nil when nothing is kept yet
}

const (
	pinVersion = 1
	pinTimeout = 5 * time.Second
)

// A PinError says that the store was begun under something else.
type PinError struct{ what, remedy string }

func (e *PinError) Error() string { return "config: " + e.what }

// Detail says for a person what is wrong.
func (e *PinError) Detail() string { return e.what }

// Remedy says in a few words what to do.
func (e *PinError) Remedy() string { return e.remedy }

// pins returns what c is pinned to: nothing for what it does not use.
func pinsOf(c *config.Config) ([]pin, error) {
	var all []pin
	if c.Tokens.Ring != nil || c.APIKeys != nil {
		all = append(all, issuerPin(c))
	}
	if c.Tokens.Root.IsZero() {
		return all, nil
	}
	secret, err := secretPin(c)
	return append(all, secret), err
}

// issuerPin pins whose the identities are. Under another issuer a subject that
// was logged out is another subject: its API keys and refresh tokens would come
// back to life.
func issuerPin(c *config.Config) pin {
	issuer := cmp.Or(c.Tokens.Issuer, apikey.DefaultIssuer)
	return pin{key: "meta/issuer", value: issuer, broken: func(kept string) *PinError {
		return &PinError{
			fmt.Sprintf("tokens.issuer is %q, and the store was begun under %q: what was revoked under that would come back", issuer, kept),
			fmt.Sprintf("set tokens.issuer: %s, or begin another store, without sessions", kept),
		}
	}}
}

// secretPin pins the secret by one that is derived from it and used for
// nothing else. Under another secret everybody's cookie would be a guess, and
// the owners would be locked out for it. One that names the secret before it
// accepts those cookies, and takes its place.
func secretPin(c *config.Config) (pin, error) {
	print, before, err := c.Tokens.Derive(keyring.StorePrint)
	if err != nil {
		return pin{}, err
	}
	previous := make([]string, len(before))
	for i, secret := range before {
		previous[i] = printed(secret)
	}
	return pin{key: "meta/secret", value: printed(print), previous: previous, broken: func(string) *PinError {
		return &PinError{
			"tokens.secret is not the one that the store was begun under: all its sessions, refresh tokens and API keys would be void, and count as failed attempts",
			"restore the secret, or name it in tokens.previous_secrets, or begin another store, without sessions",
		}
	}}, nil
}

func printed(print edgeward.Secret) string {
	return base64.RawURLEncoding.EncodeToString([]byte(print.Reveal()))
}

// pin compares what c says with what the store was begun under, and writes
// down what is new only if nothing differs. The error is a [*PinError] when
// something does.
func (m *State) pin(c *config.Config) error {
	pins, err := m.unpinned(c)
	if err != nil {
		return err
	}
	return m.keep(pins)
}

// unpinned returns what is new in c, and writes nothing: once the store keeps
// to it, it refuses what c replaces.
func (m *State) unpinned(c *config.Config) (pins []pin, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), pinTimeout)
	defer cancel()
	all, err := pinsOf(c)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		stands, err := m.compare(ctx, &p)
		if err != nil {
			return nil, err
		}
		if !stands {
			pins = append(pins, p)
		}
	}
	return pins, nil
}

// compare reports whether the store keeps p already.
func (m *State) compare(ctx context.Context, p *pin) (stands bool, err error) {
	entry, err := m.store.Get(ctx, p.key)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("config: %s: %w", p.key, err)
	}
	r, err := record.Read(entry.Value, pinVersion)
	if err != nil {
		return false, fmt.Errorf("config: %s: %w", p.key, err)
	}
	kept := r.String("value")
	if err := r.Err(); err != nil {
		return false, fmt.Errorf("config: %s: %w", p.key, err)
	}
	switch {
	case kept == p.value:
		return true, nil
	case !slices.Contains(p.previous, kept):
		return false, p.broken(kept)
	}
	p.over = &entry
	return false, nil
}

// keep writes pins down. After an error none of them, or some, are kept; the
// same configuration may try again.
func (m *State) keep(pins []pin) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), pinTimeout)
	defer cancel()
	for _, p := range pins {
		w := record.New(pinVersion)
		w.String("value", p.value)
		if p.over == nil {
			_, err = m.store.Create(ctx, p.key, w.End(), time.Time{})
		} else {
			_, err = m.store.Replace(ctx, p.key, p.over.Version, w.End(), time.Time{})
		}
		if err != nil {
			return fmt.Errorf("config: %s: %w", p.key, err)
		}
	}
	return nil
}
