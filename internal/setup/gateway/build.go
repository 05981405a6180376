package gateway

import (
	"log/slog"

	"github.com/edgeward/edgeward/internal/outbound"
	"github.com/edgeward/edgeward/internal/setup/assembly"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/internal/wire/page/translation"
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
func Build(c *config.Config, env Environment, old *System) (_ *System, err error) {
	s := &System{remotes: map[origin]*remote.Keys{}, log: env.log()}
	var before *assembly.System
	var pools *upstreams
	if old != nil {
		before, pools = old.System, old.upstreams
	}
	s.notes = carriedNotes(old, env)
	if s.upstreams, err = newUpstreams(c.Upstreams, pools, env.log()); err != nil {
		return nil, err
	}
	p := assembly.Platform{
		KeysOf:     func(i *config.Issuer) (jwks.Keys, error) { return s.keys(env, old, i) },
		Fetcher:    outbound.NewFetcher(outbound.Config{}),
		TokenFile:  source.ReadToken,
		Languages:  translation.Languages(c.Pages().Languages),
		SignedIn:   env.SignedIn,
		Arrived:    env.Arrived,
		CrowdedOut: env.CrowdedOut,
		Rechecked:  func(provider, result string, err error) { s.rechecked(env, provider, result, err) },
		Once:       onceAtATime(),
		Pause:      pause,
		Refreshed:  env.Refreshed,
		Noted:      s.notes.note,
		Unaudited:  func(err error) { env.log().Error("the audit log cannot be written", "error", err) },
	}
	if c.Store != nil {
		if s.state = env.State; s.state == nil {
			if s.state, err = newState(c, env, unopened{}); err != nil {
				return nil, err
			}
		}
		p.Store, p.Revocations, p.Uncounted = s.state.store, s.state.revocations, !s.state.opened()
		if s.state.audit != nil {
			p.Audit = s.state.audit.log
		}
	}
	if s.System, err = assembly.Build(c, p, before); err != nil {
		return nil, err
	}
	if err = s.secure(old); err != nil {
		return nil, err
	}
	return s, s.open(env)
}

// keys returns the keys of an issuer that come over the network: those of the old
// System, or new ones that are not fetched yet.
func (s *System) keys(env Environment, old *System, i *config.Issuer) (jwks.Keys, error) {
	from := originOf(i)
	if old != nil && old.remotes[from] != nil {
		s.remotes[from] = old.remotes[from]
	}
	if s.remotes[from] != nil {
		return s.remotes[from], nil
	}
	keys, err := remote.New(remote.Config{
		Issuer: i.Rules.Issuer, JWKSURI: i.JWKSURI, MetadataURL: i.MetadataURL, RootCAs: outbound.Roots(i.CA), Algorithms: i.Algorithms, Importer: stdcrypto.Import,
		Observe: func(f remote.Fetch) { logFetch(env.log(), f) },
	})
	if err != nil {
		return nil, err
	}
	s.remotes[from] = keys
	return keys, nil
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
