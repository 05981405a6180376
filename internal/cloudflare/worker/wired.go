package worker

import (
	"fmt"
	"time"

	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

// wired returns c as package assembly takes it: with its keys and its routes.
func (c *Configuration) wired(now func() time.Time) (*config.Config, error) {
	w := &config.Config{
		ForwardHeaders: c.ForwardHeaders, Sessions: c.Sessions, APIKeys: c.APIKeys, Failures: c.Failures,
		Revocation: c.Revocation, Login: c.Login,
	}
	if c.Remember {
		w.Store = &config.Store{}
	}
	var err error
	if w.Routes, err = c.tree(); err != nil {
		return nil, err
	}
	for i := range c.Issuers {
		of := &c.Issuers[i]
		static, err := of.static()
		if err != nil {
			return nil, fmt.Errorf("worker: issuer %s: %w", of.Rules.Issuer, err)
		}
		w.Issuers = append(w.Issuers, config.Issuer{Rules: of.Rules, Algorithms: of.Algorithms, JWKSURI: of.JWKSURI, Static: static})
	}
	w.Tokens, err = c.Tokens.wired(now)
	return w, err
}

func (t *Tokens) wired(now func() time.Time) (w config.Tokens, err error) {
	w = config.Tokens{
		Issuer: t.Issuer, Audience: t.Audience,
		AccessLifetime: t.AccessLifetime, RefreshLifetime: t.RefreshLifetime, RefreshGrace: t.RefreshGrace,
	}
	if !t.Secret.IsZero() {
		if w.Root, err = keyring.NewRoot(t.Secret); err != nil {
			return w, err
		}
	}
	if !t.KeyRing.IsZero() {
		if w.Ring, err = keyring.Parse([]byte(t.KeyRing.Reveal()), keyring.Importer{Public: importKey}, now); err != nil {
			return w, fmt.Errorf("%w: a Worker signs with HS256 keys only", err)
		}
	}
	return w, nil
}

// static returns the keys that came with the configuration, nil when they are
// fetched.
func (i *Issuer) static() (*jwks.Static, error) {
	switch {
	case !i.Secret.IsZero():
		var keys []*jwt.Key
		for _, alg := range i.Algorithms {
			key, err := jwt.HMACKey("", alg, i.Secret)
			if err != nil {
				return nil, err
			}
			keys = append(keys, key)
		}
		return jwks.NewStatic(keys...)
	case i.KeySet != "":
		set, _, err := jwks.Parse([]byte(i.KeySet), runtime.ImportKey)
		if err != nil {
			return nil, err
		}
		return set.Static(), nil
	}
	return nil, nil
}
