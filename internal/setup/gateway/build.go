package gateway

import (
	"log/slog"
	"net/http"

	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/httpauth"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/remote"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
)

// Build wires c. It does no I/O and starts nothing. What old (nil at the start)
// has under the same configuration is carried over: remote key sets, so that a
// reload while a provider is down does not go cold, and what remembers.
//
// Without an [Environment.State] everything that needs the store could not
// tell; it serves to look at a configuration.
func Build(c *config.Config, env Environment, old *System) (*System, error) {
	s := &System{Config: c, Routes: c.Routes, remotes: map[origin]*remote.Keys{}, log: env.log()}
	if err := s.verify(env, old); err != nil {
		return nil, err
	}
	if err := s.remember(env, old); err != nil {
		return nil, err
	}
	if err := s.decide(); err != nil {
		return nil, err
	}
	return s, s.open(env)
}

// verify makes the verifier of all issuers.
func (s *System) verify(env Environment, old *System) error {
	var cfg bearer.Config
	for at := range s.Config.Issuers {
		i := &s.Config.Issuers[at]
		keys, err := s.keys(env, old, i)
		if err != nil {
			return err
		}
		cfg.Issuers = append(cfg.Issuers, bearer.Issuer{Rules: i.Rules, Algorithms: i.Algorithms, Keys: keys})
	}
	if s.mint(); s.minter != nil {
		cfg.Issuers = append(cfg.Issuers, s.own())
	}
	for _, i := range cfg.Issuers {
		s.accepts = append(s.accepts, issuance.Accepted{Issuer: i.Rules.Issuer, Algorithms: i.Algorithms, Keys: i.Keys})
	}
	var err error
	s.Verifier, err = bearer.New(cfg)
	return err
}

// keys returns an issuer's keys: those that were loaded with the
// configuration, those of the old System, or new ones that nobody has fetched.
func (s *System) keys(env Environment, old *System, i *config.Issuer) (jwks.Keys, error) {
	if i.Static != nil {
		return i.Static, nil
	}
	from := originOf(i)
	if old != nil && old.remotes[from] != nil {
		s.remotes[from] = old.remotes[from]
		return s.remotes[from], nil
	}
	keys, err := remoteKeys(i, func(f remote.Fetch) { logFetch(env.log(), f) })
	if err != nil {
		return nil, err
	}
	s.remotes[from] = keys
	return keys, nil
}

// remoteKeys returns the issuer's key set, not yet fetched.
func remoteKeys(i *config.Issuer, observe func(remote.Fetch)) (*remote.Keys, error) {
	return remote.New(remote.Config{
		Issuer:     i.Rules.Issuer,
		JWKSURI:    i.JWKSURI,
		Algorithms: i.Algorithms,
		Importer:   stdcrypto.Import,
		Observe:    observe,
	})
}

func logFetch(log *slog.Logger, f remote.Fetch) {
	for _, ignored := range f.Ignored {
		log.Warn("key ignored", "issuer", f.Issuer, "kid", ignored.KeyID, "error", ignored.Err)
	}
	if f.Err != nil {
		log.Warn("key set not fetched", "issuer", f.Issuer, "took", f.Took.String(), "error", f.Err)
		return
	}
	if f.Note != "" {
		log.Warn("key set fits no token", "issuer", f.Issuer, "note", f.Note)
	}
	log.Info("key set fetched", "issuer", f.Issuer, "took", f.Took.String(), "keys", f.Keys)
}

// decide makes the engine.
func (s *System) decide() error {
	all, err := s.strategies()
	if err != nil {
		return err
	}
	cfg := engine.Config{Routes: s.Routes, Strategies: all}
	if l := s.Config.Login; l != nil {
		cfg.Login = engine.Login{URL: l.Origin + account.LoginPath, Origin: l.Origin}
	}
	if s.state != nil {
		cfg.Revocations = s.state.revocations
	}
	if s.limits != nil {
		cfg.Limits = s.limits
	}
	if a := s.Config.Assertion; a != nil {
		cfg.Asserter = &issuance.Asserter{Signer: a.Signer, Issuer: a.Issuer, Audience: a.Audience}
	}
	e, err := engine.New(cfg)
	s.Decider = e
	return err
}

// open makes the doors that are configured. What stands before the routes
// stands before those of each: the endpoints for people, where they can sign in,
// and those for tokens, where there are any.
func (s *System) open(env Environment) error {
	trusted, err := s.Config.Proxies()
	if err != nil {
		return err
	}
	fields, err := identity.NewFields(s.Config.ForwardHeaders, s.Config.Cookies())
	if err != nil {
		return err
	}
	env.Observer = &undeclared{observer: env.Observer, log: env.log()}
	people, err := s.people(env, trusted)
	if err != nil {
		return err
	}
	api, err := s.api(env, trusted)
	if err != nil {
		return err
	}
	front := func(door http.Handler) http.Handler { return before(before(door, people), api) }
	guard, err := httpauth.New(s.Decider, httpauth.Config{
		TrustedProxies: s.Config.TrustedProxies, ClientNetworks: s.Config.ClientNetworks, Exchanges: env.Exchanges,
		ForwardHeaders: s.Config.ForwardHeaders, Cookies: s.Config.Cookies(),
	})
	if err != nil {
		return err
	}
	hosts, err := s.hosts(env, trusted)
	if err != nil {
		return err
	}
	s.Middleware = func(next http.Handler) http.Handler { return hosts.OnlyHosts(front(guard(next))) }
	if f := s.Config.ForwardAuth; f != nil {
		about, err := canonical.NewHosts(f.Hosts)
		if err != nil {
			return err
		}
		s.ForwardAuth = front(forwardauth.New(forwardauth.Config{Decider: s.Decider, Trusted: trusted, Observer: env.Observer, Hosts: about, Fields: fields}))
	}
	if s.Config.Proxy == nil {
		return nil
	}
	routes, err := proxy.New(proxy.Config{
		Decider: s.Decider, Trusted: trusted, Observer: env.Observer, Exchanges: env.Exchanges, Fields: fields,
		Upstream: s.Config.Proxy.Upstream, Transport: env.Transport,
	})
	if err != nil {
		return err
	}
	s.Proxy = hosts.OnlyHosts(front(routes))
	return nil
}

// hosts makes what stands before everything else on the proxy's listener, and on
// that of a program that has Edgeward inside.
func (s *System) hosts(env Environment, trusted *clientip.Trusted) (*door.Door, error) {
	d := &door.Door{Trusted: trusted, Observer: env.Observer}
	if s.Config.Proxy == nil {
		return d, nil
	}
	var err error
	d.Hosts, err = canonical.NewHosts(s.Config.Proxy.Hosts)
	return d, err
}

// api makes the endpoints for tokens; nil where there are none to give.
func (s *System) api(env Environment, trusted *clientip.Trusted) (mounted, error) {
	if s.families == nil {
		return nil, nil
	}
	set, err := oauth.New(oauth.Config{Authority: s.Authority})
	if err != nil {
		return nil, err
	}
	return s.mount(set, env, trusted), nil
}
