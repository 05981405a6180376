package config

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/record"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/store"
)

// A pin is what a store was begun under and keeps to: with another one, what
// is in it would mean something else.
type pin struct {
	key    string // in the store
	value  string
	broken func(kept string) *PinError // value is not what is kept
}

const (
	pinVersion = 1
	pinTimeout = 5 * time.Second
)

// A PinError says that the store was begun under something else.
type PinError struct{ what, remedy string }

func (e *PinError) Error() string { return "config: " + e.what }

// Remedy says in a few words what to do.
func (e *PinError) Remedy() string { return e.remedy }

// pins returns what c is pinned to: nothing for what it does not use.
func (c *Config) pins() ([]pin, error) {
	var all []pin
	if c.Tokens.ring != nil || c.APIKeys != nil {
		all = append(all, c.issuerPin())
	}
	if c.Tokens.secret.IsZero() {
		return all, nil
	}
	secret, err := c.secretPin()
	return append(all, secret), err
}

// issuerPin pins whose the identities are. Under another issuer a subject that
// was logged out is another subject: its API keys and refresh tokens would come
// back to life.
func (c *Config) issuerPin() pin {
	issuer := cmp.Or(c.Tokens.Issuer, apikey.DefaultIssuer)
	return pin{"meta/issuer", issuer, func(kept string) *PinError {
		return &PinError{
			fmt.Sprintf("tokens.issuer is %q, and the store was begun under %q: what was revoked under that would come back", issuer, kept),
			fmt.Sprintf("set tokens.issuer: %s, or begin another store, in which nobody is signed in", kept),
		}
	}}
}

// secretPin pins the secret by one that is derived from it and used for
// nothing else. Under another secret everybody's cookie would be a guess, and
// the owners would be locked out for it.
func (c *Config) secretPin() (pin, error) {
	print, err := c.Tokens.root.Derive(keyring.StorePrint)
	if err != nil {
		return pin{}, err
	}
	return pin{"meta/secret", base64.RawURLEncoding.EncodeToString([]byte(print.Reveal())), func(string) *PinError {
		return &PinError{
			"tokens.secret is not the one that the store was begun under: all its sessions, refresh tokens and API keys would be void, and count as guesses",
			"restore the secret, or begin another store, in which nobody is signed in",
		}
	}}, nil
}

// pin compares what c says with what the store was begun under, and writes
// down what is new only if nothing differs. The error is a [*PinError] when
// something does.
func (m *Memory) pin(c *Config) error {
	ctx, cancel := context.WithTimeout(context.Background(), pinTimeout)
	defer cancel()
	pins, err := c.pins()
	if err != nil {
		return err
	}
	var absent []pin
	for _, p := range pins {
		switch err := m.compare(ctx, p); {
		case errors.Is(err, store.ErrNotFound):
			absent = append(absent, p)
		case err != nil:
			return err
		}
	}
	for _, p := range absent {
		w := record.New(pinVersion)
		w.String("value", p.value)
		if _, err := m.store.Create(ctx, p.key, w.End(), time.Time{}); err != nil {
			return fmt.Errorf("config: %s: %w", p.key, err)
		}
	}
	return nil
}

// compare returns nil when the store keeps p. The error wraps
// [store.ErrNotFound] when it keeps nothing yet.
func (m *Memory) compare(ctx context.Context, p pin) error {
	entry, err := m.store.Get(ctx, p.key)
	if err != nil {
		return fmt.Errorf("config: %s: %w", p.key, err)
	}
	r, err := record.Read(entry.Value, pinVersion)
	if err != nil {
		return fmt.Errorf("config: %s: %w", p.key, err)
	}
	kept := r.String("value")
	if err := r.Err(); err != nil {
		return fmt.Errorf("config: %s: %w", p.key, err)
	}
	if kept != p.value {
		return p.broken(kept)
	}
	return nil
}
