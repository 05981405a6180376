// Package assembly makes a system of a configuration: the verifiers, what issues
// and revokes, and the decision. It is the one wiring for the gateway, the
// middleware and the Worker, which differ in the [Platform] that they bring. It
// does no I/O and starts nothing.
package assembly

import (
	"context"
	"errors"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/assertion"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/issuance/recheck"
	"github.com/edgeward/edgeward/internal/keep/account"
	"github.com/edgeward/edgeward/internal/keep/grant"
	"github.com/edgeward/edgeward/internal/keep/ticket"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

// A Platform is what a System takes from where it runs.
type Platform struct {
	// KeysOf returns the keys of an issuer or login provider whose configuration has
	// none.
	KeysOf  func(*config.Issuer) (jwks.Keys, error)
	Fetcher openid.Fetcher
	// TokenFile reads the token that a platform keeps in a file; nil where there are no
	// files.
	TokenFile func(path string) (edgeward.Secret, error)
	Now       func() time.Time // nil means the machine's clock, which all share

	// Where the configuration has a store: the store, and what is known of
	// revocations, which the platform keeps up to date.
	Store interface {
		store.Backend
		store.Watcher
	}
	Revocations *revocation.Log
	Audit       issuance.Audit  // nil: nothing is recorded
	AdminSecret edgeward.Secret // as issuance.Config's

	// Uncounted says that the system serves to be looked at: no failed attempt is
	// counted.
	Uncounted bool
	Sizes     Sizes

	// Languages are those that pages speak, as in [page.Config].
	Languages []*page.Language

	SignedIn   func(provider, result string)                                               // as account.Config's
	Arrived    func(result string)                                                         // as account.Config's
	CrowdedOut func(provider string)                                                       // as account.Config's
	Rechecked  func(provider, result string, err error)                                    // as recheck.Config's Observe
	Once       func(ctx context.Context, key string, do func(context.Context) error) error // as grant.Config's
	Pause      func(ctx context.Context, d time.Duration) bool                             // as grant.Config's
	Refreshed  func(class string)                                                          // as issuance.Config's
	Unaudited  func(error)                                                                 // as issuance.Config's
	// Noted is called for each claim of an issuer or a provider whose form gives nothing,
	// as bearer.Config's.
	Noted func(issuer string, n claim.Note)
}

// Sizes are bounds of memory, where a platform has less than others; 0 means the
// default of each.
type Sizes struct {
	Tokens   int // bytes of a cache of verified tokens
	Rows     int // bytes of the cache of sessions, and of that of API keys
	Failures int // bytes of the table of failed attempts
	Batch    int // failed attempts that are shared with others at once
}

// A System is a wired configuration. It is safe for concurrent use. What is not
// configured is nil.
type System struct {
	Config      *config.Config
	Decider     edgeward.Decider
	Verifier    *bearer.Verifier
	Authority   *issuance.Authority // issues credentials and revokes them; nil without a store
	Revocations *revocation.Log
	Sessions    *session.Manager
	APIKeys     *apikey.Keys
	Families    *refresh.Families
	Accounts    *account.Accounts // what providers say of users
	Grants      *grant.Grants     // what providers gave at sign-ins
	Rechecks    *recheck.Queue    // whom providers are asked about again; nil: no one
	Checker     *recheck.Checker  // asks about those
	Limits      *ratelimit.Limiter
	Login       *login.Login    // of users
	Tickets     *ticket.Tickets // that hand its sign-ins over to hosts
	Operators   *login.Login    // of the console
	Cookies     browser.Cookies
	Endpoints   []*endpoint.Set // Edgeward's own, which stand before the routes
	Pages       *page.Look      // how what users are answered looks

	platform Platform
	minter   *keyring.Minter
	accepts  []issuance.Accepted
}

// Build wires c. What old (nil at the start) has under the same configuration,
// store and secrets is carried over, with its caches and counters.
func Build(c *config.Config, p Platform, old *System) (*System, error) {
	s := &System{Config: c, Cookies: cookiesOf(c), Revocations: p.Revocations, platform: p}
	pages := c.Pages()
	s.Pages = page.New(page.Config{Name: pages.Name, Brand: pages.Brand, Style: pages.Style, Languages: p.Languages})
	if err := s.verify(); err != nil {
		return nil, err
	}
	steps := []func(*System) error{s.limit, s.mechanisms, s.signIn, s.authorize, s.checker, s.endpoints, s.decide}
	if p.Store == nil {
		if c.Sessions != nil || c.APIKeys != nil || c.Login != nil {
			return nil, errors.New("assembly: sessions, api_keys and login need a store")
		}
		steps = []func(*System) error{s.limit, s.decide}
	}
	for _, step := range steps {
		if err := step(old); err != nil {
			return nil, err
		}
	}
	for _, set := range s.Endpoints {
		set.Answers = s.Answers
	}
	return s, nil
}

// cookiesOf names the cookies that strategies look for.
func cookiesOf(c *config.Config) browser.Cookies {
	names := browser.Cookies{Session: cookie.Session, Access: cookie.Access, Refresh: cookie.Refresh}
	if c.InsecureHTTP() {
		names.Access, names.Refresh = cookie.StandIn(names.Access), cookie.StandIn(names.Refresh)
	}
	if c.Sessions != nil {
		names.Session = c.Sessions.Cookie
	}
	return names
}

// verify makes the verifier of all issuers.
func (s *System) verify() error {
	var all []bearer.Issuer
	for at := range s.Config.Issuers {
		i := &s.Config.Issuers[at]
		keys, err := s.keysOf(i)
		if err != nil {
			return err
		}
		all = append(all, bearer.Issuer{Rules: i.Rules, Algorithms: i.Algorithms, Keys: keys, Claims: i.Claims, PermissionClaims: i.PermissionClaims})
	}
	if t := &s.Config.Tokens; t.Ring != nil {
		s.minter = &keyring.Minter{Ring: t.Ring, Issuer: t.Issuer, Audience: t.Audience, Lifetime: t.AccessLifetime, Now: s.platform.Now}
		if s.Revocations != nil {
			s.minter.Revoked = s.Revocations.RevokesKeysOf(t.Issuer)
		}
		all = append(all, s.own())
	}
	for _, i := range all {
		s.accepts = append(s.accepts, issuance.Accepted{Issuer: i.Rules.Issuer, Algorithms: i.Algorithms, Keys: i.Keys})
	}
	var err error
	s.Verifier, err = s.verifier(s.platform.Sizes.Tokens, all...)
	return err
}

func (s *System) verifier(cache int, issuers ...bearer.Issuer) (*bearer.Verifier, error) {
	return bearer.New(bearer.Config{Issuers: issuers, CacheBytes: cache, Now: s.platform.Now, Noted: s.platform.Noted})
}

// keysOf returns an issuer's keys: those that were loaded with the configuration,
// or the platform's.
func (s *System) keysOf(i *config.Issuer) (jwks.Keys, error) {
	if i.Static != nil {
		return i.Static, nil
	}
	return s.platform.KeysOf(i)
}

// own returns ourselves as an issuer of tokens like all others.
func (s *System) own() bearer.Issuer {
	t := &s.Config.Tokens
	return bearer.Issuer{
		SignedIn:   true,
		SinceClaim: keyring.SinceClaim,
		HostClaim:  keyring.HostClaim,
		Accounts:   s.ownAccounts(),
		Rules:      jwt.Rules{Issuer: t.Issuer, Audiences: []string{t.Audience}, Types: []string{keyring.AccessToken}, MaxLifetime: keyring.MaxLifetime},
		Algorithms: t.Ring.Algorithms(),
		Keys:       t.Ring,
	}
}

// decide makes the engine.
func (s *System) decide(*System) error {
	all, err := s.strategies()
	if err != nil {
		return err
	}
	cfg := engine.Config{Hosts: s.Config.Hosts, Strategies: all, Now: s.platform.Now}
	if l := s.Config.Login; l != nil {
		cfg.Login = engine.Login{URL: l.Origin + l.Prefix.Login(), Origin: l.Origin, HandsOver: s.Login.HandsOver}
	}
	if s.Revocations != nil {
		cfg.Revocations = s.Revocations
	}
	if s.Limits != nil {
		cfg.Limits = s.Limits
	}
	if a := s.Config.Assertion; a != nil {
		cfg.Asserter = &assertion.Signer{Signer: a.Signer, Issuer: a.Issuer, Audience: a.Audience}
	}
	if s.Checker != nil {
		cfg.Tokens = accessTokens{s.Checker}
	}
	s.Decider, err = engine.New(cfg)
	return err
}
