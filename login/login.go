// Package login lets users sign in at OpenID providers: it is a relying party
// of OpenID Connect Core 1.0 by the authorization code flow with PKCE S256, and
// nothing else: no implicit or hybrid flow, no other challenge method.
//
// [Login.Begin] sends a browser to a provider, [Login.Finish] takes what came
// back and says who it is. In between the browser carries one sealed
// transaction cookie that serves all its tabs; nothing is kept here but that a
// state was used. Whoever it is has the identity (issuer, subject): an e-mail
// address or a name is for display.
//
// What a sign-in leaves behind for the day of its end is a [Record]:
// [Login.EndSession] ends it at the provider, too, and [Login.Logout] reads a
// provider's word that it ended there.
//
// There are three kinds of answers. It worked. The error wraps one of the
// refusals of this package, which each wrap an [edgeward.Reason]. Anything else
// means "could not tell", most often an [edgeward.UnavailableError]: the
// provider or the store did not answer, and nobody was signed in. No error
// holds a code, a token or a secret.
//
// Several providers stand side by side. Each speaks for its own issuer only: the
// iss parameter (RFC 9207) and the nonce keep their answers apart. A provider
// that does not send iss can be mixed up with another by that other one (RFC
// 9700 §4.4); what the other gets is a code that is worth nothing without the
// client's secret, so a provider without iss should have a client with a secret.
//
// The package does no I/O of its own and starts nothing: package
// [github.com/edgeward/edgeward/login/openid] speaks with the providers, through
// its Fetcher.
package login

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/internal/keep/seal"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/login/userapi"
	"github.com/edgeward/edgeward/policy/allow"
	"github.com/edgeward/edgeward/store"
)

// DefaultCallbackPath is where providers send browsers back to.
const DefaultCallbackPath = "/auth/callback"

// ConsoleCallbackPath is where they send operators back to, who sign in at the
// console.
const ConsoleCallbackPath = "/console/callback"

// A Provider is an OpenID provider at which users may sign in.
type Provider struct {
	openid.Provider
	// Type is of [userapi.Kinds] for a provider that speaks no OpenID Connect: Keys,
	// Algorithms, Audiences and what metadata say are nothing to it, and Issuer is given
	// by Type and BaseURL. "" is OpenID Connect.
	Type string
	// BaseURL is the origin of a server of the operator's own, for a Type that has such.
	BaseURL string
	Label   string // for people; "" means Name
	// Claims says what of its users is known and what they may do. The zero value
	// permits nothing.
	Claims claim.Map
	// Allow says who of its users may sign in at all; an empty rule lets in all of them.
	// It is sealed. No client's address is known to it, and no authentication.
	Allow allow.Rule
}

// A source is a provider, and who speaks with it.
type source struct {
	Provider
	client *openid.Client  // nil where api is there
	api    *userapi.Client // of a provider of a Type
	noted  func(issuer string, n claim.Note)
}

// Config is what a Login is made of. The zero value is refused.
type Config struct {
	// Origin is the public origin of the gateway, "https://app.example", in
	// canonical spelling.
	Origin string
	// CallbackPath is below Origin, and registered with every provider; ""
	// means DefaultCallbackPath.
	CallbackPath string
	// Providers are shown in this order. No two have the same name, nor the
	// same issuer.
	Providers []Provider
	// Key seals cookies and records, 32 bytes or more. With another key
	// sign-ins under way have to begin anew.
	Key edgeward.Secret
	// Previous keys open what they sealed while Key seals anew.
	Previous []edgeward.Secret
	// Store must compare and swap, or a state could be used twice. With a
	// [store.Lister] sign-ins are found again by the provider's session id.
	Store   store.Backend
	Fetcher openid.Fetcher
	// ReturnTo are absolute URLs outside of Origin to which a sign-in may
	// return, compared exactly.
	ReturnTo []string
	// Noted is called for each claim of a user who signs in whose form gives nothing. It
	// must be safe for concurrent use and must not block; nil means: nothing is said.
	Noted func(issuer string, n claim.Note)
	// Insecure allows http for Origin, as long as that is a loopback address.
	Insecure bool
	Now      func() time.Time // nil means time.Now
}

// A Login is a relying party. It is safe for concurrent use, on several nodes
// over one store and key.
type Login struct {
	origin   string
	callback string // redirect_uri
	sources  []*source
	returnTo []string
	hosts    Hosts // that sign-ins are handed over to; nil: none
	rows     table.Table
	fetcher  openid.Fetcher
	seal     seal.Seal
	clock    *clock.Clock
}

// A Choice is a provider as it is offered to people.
type Choice struct {
	Name, Label string
	Issuer      string // a browser that chooses it is sent there, as a rule
}

// New checks cfg and returns its Login.
func New(cfg Config) (*Login, error) {
	rows, err := table.Open(cfg.Store, "sign-ins", store.LoginPrefix)
	if err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	if cfg.Fetcher == nil || len(cfg.Providers) == 0 {
		return nil, errors.New("login: a fetcher and at least one provider are needed")
	}
	if cfg.CallbackPath == "" {
		cfg.CallbackPath = DefaultCallbackPath
	}
	if err := checkOrigin(cfg.Origin, cfg.Insecure); err != nil {
		return nil, err
	}
	if path, err := ReturnTo(cfg.CallbackPath, cfg.Origin, nil); err != nil || path != cfg.CallbackPath {
		return nil, fmt.Errorf("login: callback path %q is no canonical path", cfg.CallbackPath)
	}
	for _, entry := range cfg.ReturnTo {
		if err := checkEntry(entry, cfg.Insecure); err != nil {
			return nil, err
		}
	}
	s, err := seal.New(cfg.Key, cfg.Previous...)
	if err != nil {
		return nil, err
	}
	l := &Login{
		origin: cfg.Origin, callback: cfg.Origin + cfg.CallbackPath, returnTo: slices.Clone(cfg.ReturnTo),
		rows: rows, fetcher: cfg.Fetcher, seal: s, clock: clock.New(cfg.Now),
	}
	for _, p := range cfg.Providers {
		if err := l.add(p, cfg.Noted); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// add checks p and makes it one of the providers.
func (l *Login) add(p Provider, noted func(string, claim.Note)) error {
	s := &source{Provider: p, noted: noted}
	if err := l.connect(s); err != nil {
		return err
	}
	p = s.Provider
	if err := p.Claims.Check(); err != nil {
		return fmt.Errorf("login: provider %s: %w", p.Name, err)
	}
	for _, other := range l.sources {
		if other.Name == p.Name || other.Issuer == p.Issuer {
			return fmt.Errorf("login: provider %s has the name or the issuer of another one", p.Name)
		}
	}
	l.sources = append(l.sources, s)
	return nil
}

// Check asks every provider for its metadata, unless that is known, and returns an
// error for each one at which no user can sign in as things are: see
// [openid.Client.Check].
func (l *Login) Check(ctx context.Context) []error {
	var all []error
	for _, s := range l.sources {
		if s.api != nil { // it says nothing about itself
			continue
		}
		if err := s.client.Check(ctx); err != nil {
			all = append(all, fmt.Errorf("login provider %s: %w", s.Name, err))
		}
	}
	return all
}

// Providers returns the choices that people have, in the configured order.
func (l *Login) Providers() []Choice {
	choices := make([]Choice, len(l.sources))
	for i, s := range l.sources {
		choices[i] = Choice{Name: s.Name, Label: s.Label, Issuer: s.Issuer}
		if s.Label == "" {
			choices[i].Label = s.Name
		}
	}
	return choices
}

// find returns the provider for which fits says yes, or nil.
func (l *Login) find(fits func(*Provider) bool) *source {
	for _, s := range l.sources {
		if fits(&s.Provider) {
			return s
		}
	}
	return nil
}

// named returns the provider of that name, or nil.
func (l *Login) named(name string) *source {
	return l.find(func(p *Provider) bool { return p.Name == name })
}

// Origin returns Config.Origin.
func (l *Login) Origin() string { return l.origin }

// CallbackPath returns where providers send browsers back to, below Origin.
func (l *Login) CallbackPath() string { return strings.TrimPrefix(l.callback, l.origin) }
