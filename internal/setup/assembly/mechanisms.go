package assembly

import (
	"cmp"
	"context"
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/session"
)

// carries reports whether what old made of its store and secrets is what s
// would make.
func (s *System) carries(old *System) bool {
	return old != nil && old.platform.Store == s.platform.Store && old.Config.Tokens.SameSecrets(&s.Config.Tokens)
}

// limit makes what slows down failed attempts. Without a store each node counts
// alone.
func (s *System) limit(old *System) (err error) {
	c := s.Config.Failures
	if c == nil || s.platform.Uncounted {
		return nil
	}
	if old != nil && old.Limits != nil && old.platform.Store == s.platform.Store && *old.Config.Failures == *c {
		s.Limits = old.Limits
		return nil
	}
	cfg := ratelimit.Config{
		Limit: c.Limit, Window: c.Window,
		Bytes: s.platform.Sizes.Failures, Batch: s.platform.Sizes.Batch, Now: s.platform.Now,
	}
	if s.platform.Store != nil {
		cfg.Store = s.platform.Store
	}
	s.Limits, err = ratelimit.New(cfg)
	return err
}

// mechanisms makes what issues and verifies credentials of ours.
func (s *System) mechanisms(old *System) error {
	if s.Config.Tokens.Root.IsZero() {
		return nil
	}
	return errors.Join(s.makeAccounts(old), s.makeSessions(old), s.makeAPIKeys(old), s.makeFamilies())
}

func (s *System) makeSessions(old *System) error {
	c := s.Config.Sessions
	if c == nil {
		return nil
	}
	if s.carries(old) && old.Sessions != nil && s.Rechecks == old.Rechecks && old.Config.Sessions.Idle == c.Idle && old.Config.Sessions.Lifetime == c.Lifetime {
		s.Sessions = old.Sessions
		return nil
	}
	key, previous, err := s.Config.Tokens.Derive(keyring.SessionHash)
	if err != nil {
		return err
	}
	s.Sessions, err = session.New(session.Config{
		Store: s.platform.Store, Key: key, Previous: previous, Idle: c.Idle, Absolute: c.Lifetime,
		CacheBytes: s.platform.Sizes.Rows, Now: s.platform.Now,
		Account: func(ctx context.Context, issuer, subject, id string) (edgeward.Standing, bool, error) {
			return s.standing(ctx, issuer, subject, issuance.SessionObject+id)
		},
		Superseded: s.Revocations.Superseded,
	})
	return err
}

func (s *System) makeAPIKeys(old *System) error {
	c := s.Config.APIKeys
	if c == nil {
		return nil
	}
	issuer := s.Config.Tokens.Issuer
	if s.carries(old) && old.APIKeys != nil && *old.Config.APIKeys == *c && old.Config.Tokens.Issuer == issuer {
		s.APIKeys = old.APIKeys
		return nil
	}
	pepper, previous, err := s.Config.Tokens.Derive(keyring.APIKeyPepper)
	if err != nil {
		return err
	}
	s.APIKeys, err = apikey.New(apikey.Config{
		Store: s.platform.Store, Pepper: pepper, Previous: previous, Environment: c.Environment, Issuer: cmp.Or(issuer, apikey.DefaultIssuer),
		CacheBytes: s.platform.Sizes.Rows, Now: s.platform.Now,
	})
	return err
}

// makeFamilies makes refresh tokens, which need access tokens to give. They
// remember nothing by themselves.
func (s *System) makeFamilies() error {
	t := &s.Config.Tokens
	if t.Ring == nil {
		return nil
	}
	key, previous, err := t.Derive(keyring.RefreshMAC)
	if err != nil {
		return err
	}
	s.Families, err = refresh.New(refresh.Config{
		Store: s.platform.Store, Key: key, Previous: previous,
		Lifetime: t.RefreshLifetime, Grace: t.RefreshGrace, Revoked: issuance.FamilyRevoked(s.Revocations), Now: s.platform.Now,
	})
	return err
}

// authorize makes the Authority over what is configured.
func (s *System) authorize(*System) (err error) {
	cfg := issuance.Config{
		Issuer: s.Config.Tokens.Issuer, Accepts: s.accepts,
		Minter: s.minter, Families: s.Families, Sessions: s.Sessions, APIKeys: s.APIKeys,
		Accounts: s.Accounts, Standing: s.standing, Grants: s.Grants, Revocations: s.Revocations, SignIns: s.Login, Audit: s.platform.Audit, AdminSecret: s.platform.AdminSecret,
		Refreshed: s.platform.Refreshed, Unaudited: s.platform.Unaudited, Now: s.platform.Now,
	}
	if s.Limits != nil {
		cfg.Limits = s.Limits
	}
	if s.Login != nil {
		cfg.Listed = func(host string) bool { _, ok := s.listed(host); return ok }
	}
	if s.minter != nil {
		own := s.own()
		own.HostClaim = "" // it is asked about tokens, at no host
		if cfg.Tokens, err = s.verifier(-1, own); err != nil {
			return err
		}
	}
	s.Authority, err = issuance.New(cfg)
	return err
}

// strategies returns the ways to prove an identity that are configured.
func (s *System) strategies() ([]engine.Strategy, error) {
	l := s.Config.Login
	all := []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: s.Verifier}}
	if s.Sessions != nil {
		all = append(all, engine.Strategy{
			Name: session.Method, Source: credential.Cookie(s.Cookies.Session), Verifier: browser.SessionVerifier{Authority: s.Authority},
			Interactive: l != nil && l.Outcome.Session(),
		})
	}
	if l != nil && l.Outcome.Tokens() {
		cookie, err := s.cookieStrategy()
		if err != nil {
			return nil, err
		}
		all = append(all, cookie)
	}
	if s.APIKeys != nil {
		all = append(all, engine.Strategy{Name: apikey.Method, Source: credential.APIKey, Verifier: s.APIKeys})
	}
	if s.Config.PersonalTokens != nil && s.APIKeys != nil {
		own, err := s.personalStrategy()
		if err != nil {
			return nil, err
		}
		all = append(all, own)
	}
	return all, nil
}

// cookieStrategy is the way of our own access tokens in a cookie.
func (s *System) cookieStrategy() (engine.Strategy, error) {
	own := s.own()
	own.Method = browser.MethodCookie
	tokens, err := s.verifier(s.platform.Sizes.Tokens, own)
	if err != nil {
		return engine.Strategy{}, err
	}
	return engine.Strategy{
		Name: browser.MethodCookie, Source: credential.Cookie(s.Cookies.Access), Verifier: tokens, Interactive: true,
		Renew: &browser.Renewer{Authority: s.Authority, Tokens: tokens, Jar: s.Cookies},
	}, nil
}
