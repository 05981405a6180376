package gateway

import (
	"cmp"
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/session"
)

// remember makes what works over the store. What old has under the same
// configuration is carried over with its cache and its counters.
func (s *System) remember(env Environment, old *System) (err error) {
	if s.Config.Store == nil {
		return s.limit(old)
	}
	if s.state = env.State; s.state == nil {
		if s.state, err = newState(s.Config, env, unopened{}); err != nil {
			return err
		}
	}
	if s.minter != nil {
		s.minter.Revoked = s.state.revocations.RevokesKeysOf(s.minter.Issuer)
	}
	if err := s.limit(old); err != nil {
		return err
	}
	if !s.Config.Tokens.Root.IsZero() {
		err = errors.Join(s.makeSessions(old), s.makeAPIKeys(old), s.makeFamilies())
	}
	if err == nil {
		err = s.signIn(env, old)
	}
	if err != nil {
		return err
	}
	return s.authorize(env)
}

// authorize makes the Authority over what is configured.
func (s *System) authorize(env Environment) (err error) {
	cfg := issuance.Config{
		Issuer: s.Config.Tokens.Issuer, Accepts: s.accepts,
		Minter: s.minter, Families: s.families, Sessions: s.sessions, APIKeys: s.apiKeys,
		Revocations: s.state.revocations, SignIns: s.login,
		Refreshed: env.Refreshed,
		Unaudited: func(err error) { env.log().Error("the audit log cannot be written", "error", err) },
	}
	if s.limits != nil {
		cfg.Limits = s.limits
	}
	if s.state.audit != nil {
		cfg.Audit = s.state.audit.log
	}
	if s.minter != nil {
		own, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{s.own()}, CacheBytes: -1})
		if err != nil {
			return err
		}
		cfg.Tokens = own
	}
	s.Authority, err = issuance.New(cfg)
	return err
}

// carries reports whether what old made of its store and secrets is what s
// would make.
func (s *System) carries(old *System) bool {
	return old != nil && old.state == s.state && old.Config.Tokens.SameSecrets(&s.Config.Tokens)
}

func (s *System) makeSessions(old *System) error {
	c := s.Config.Sessions
	if c == nil {
		return nil
	}
	if s.carries(old) && old.sessions != nil && old.Config.Sessions.Idle == c.Idle && old.Config.Sessions.Lifetime == c.Lifetime {
		s.sessions = old.sessions
		return nil
	}
	key, previous, err := s.Config.Tokens.Derive(keyring.SessionHash)
	if err != nil {
		return err
	}
	s.sessions, err = session.New(session.Config{Store: s.state.store, Key: key, Previous: previous, Idle: c.Idle, Absolute: c.Lifetime})
	return err
}

func (s *System) makeAPIKeys(old *System) error {
	c := s.Config.APIKeys
	if c == nil {
		return nil
	}
	issuer := s.Config.Tokens.Issuer
	if s.carries(old) && old.apiKeys != nil && *old.Config.APIKeys == *c && old.Config.Tokens.Issuer == issuer {
		s.apiKeys = old.apiKeys
		return nil
	}
	pepper, previous, err := s.Config.Tokens.Derive(keyring.APIKeyPepper)
	if err != nil {
		return err
	}
	s.apiKeys, err = apikey.New(apikey.Config{
		Store: s.state.store, Pepper: pepper, Previous: previous, Environment: c.Environment, Issuer: cmp.Or(issuer, apikey.DefaultIssuer),
	})
	return err
}

// makeFamilies makes refresh tokens, which need access tokens to give. They
// remember nothing by themselves.
func (s *System) makeFamilies() error {
	c := &s.Config.Tokens
	if c.Ring == nil {
		return nil
	}
	key, previous, err := c.Derive(keyring.RefreshMAC)
	if err != nil {
		return err
	}
	s.families, err = refresh.New(refresh.Config{
		Store: s.state.store, Keys: append([]edgeward.Secret{key}, previous...),
		Lifetime: c.RefreshLifetime, Grace: c.RefreshGrace, Revoked: issuance.FamilyRevoked(s.state.revocations),
	})
	return err
}

// mint takes the key ring and makes what signs with it.
func (s *System) mint() {
	c := &s.Config.Tokens
	if c.Ring == nil {
		return
	}
	s.minter = &keyring.Minter{Ring: c.Ring, Issuer: c.Issuer, Audience: c.Audience, Lifetime: c.AccessLifetime}
}

// own returns ourselves as an issuer of tokens like all others.
func (s *System) own() bearer.Issuer {
	c := &s.Config.Tokens
	return bearer.Issuer{
		SignedIn:   true,
		Rules:      jwt.Rules{Issuer: c.Issuer, Audiences: []string{c.Audience}, Types: []string{keyring.AccessToken}, MaxLifetime: keyring.MaxLifetime},
		Algorithms: c.Ring.Algorithms(),
		Keys:       c.Ring,
	}
}

// strategies returns the ways to prove an identity that are configured.
func (s *System) strategies() ([]engine.Strategy, error) {
	all := []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: s.Verifier}}
	if s.sessions != nil {
		all = append(all, engine.Strategy{
			Name: session.Method, Source: credential.Cookie(s.jar().Session), Verifier: s.sessions,
			Interactive: s.Config.Login != nil && s.Config.Login.Outcome.Session(),
		})
	}
	if s.Config.Login != nil && s.Config.Login.Outcome.Tokens() {
		cookie, err := s.cookieStrategy()
		if err != nil {
			return nil, err
		}
		all = append(all, cookie)
	}
	if s.apiKeys != nil {
		all = append(all, engine.Strategy{Name: apikey.Method, Source: credential.APIKey, Verifier: s.apiKeys})
	}
	return all, nil
}
