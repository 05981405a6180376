package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/cloudflare/state"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

const (
	// An instance has 128 MB for everything, so its memories are small.
	tokenCache   = 8 << 20
	rowCache     = 4 << 20
	guessTable   = 1 << 20
	guessesStale = 5 * time.Second // how old what others have counted may be
	guessBatch   = 4               // counters that one request tells others of: who guesses is not the one who waits
)

// A System is a configuration at work. It is for the tasks of one instance.
type System struct {
	config      *Configuration
	engine      edgeward.Decider
	authority   *issuance.Authority // nil where nothing is remembered
	revocations *revocation.Log     // as authority
	limits      *ratelimit.Limiter
	login       *login.Login
	jar         issuance.CookieNames
	ring        *keyring.Ring
	root        keyring.Root // zero without tokens.secret
	copies      state.Copies
	admin       edgeward.Secret // opens /v1; zero: it is closed
	sets        []*endpoint.Set // that stand before the routes
	fields      *identity.Fields
	hosts       *canonical.Hosts

	revoked, guessed state.Poll // learn what others did
	shared           state.Poll // tells them who guessed
	guessedAt        time.Time
	now              func() time.Time
	log              func(string) // nil writes to standard error
}

// NewSystem wires c. It does no I/O.
func NewSystem(c *Configuration, now func() time.Time) (*System, error) {
	s := &System{config: c, now: now, jar: issuance.CookieNames{Session: cookie.Session, Access: cookie.Access, Refresh: cookie.Refresh}}
	if c.Sessions != nil {
		s.jar.Session = cmp.Or(c.Sessions.Cookie, cookie.Session)
	}
	if err := s.derive(); err != nil {
		return nil, err
	}
	var err error
	if s.fields, err = identity.NewFields(c.ForwardHeaders, []string{s.jar.Session}); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	if s.hosts, err = canonical.NewHosts(c.Hosts); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	issuers, err := s.issuers()
	if err != nil {
		return nil, err
	}
	b := builder{System: s, issuers: issuers}
	if s.admin = c.Admin; !s.admin.IsZero() && s.admin.Len() < minAdmin {
		return nil, fmt.Errorf("worker: the secret %s has %d bytes, and needs %d", AdminSecret, s.admin.Len(), minAdmin)
	}
	if err := c.checkSecrets(); err != nil {
		return nil, err
	}
	steps := []func() error{b.remember, b.limit, b.mechanisms, b.signIn, b.authorize, b.open, b.decide}
	if !c.Remember {
		if c.Sessions != nil || c.APIKeys != nil || c.Login != nil {
			return nil, errors.New("worker: sessions, api_keys and login need remember")
		}
		steps = []func() error{b.limit, b.decide}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// derive makes the root secret, and what authenticates copies.
func (s *System) derive() (err error) {
	if s.config.Tokens.Secret.IsZero() {
		return nil
	}
	if s.root, err = keyring.NewRoot(s.config.Tokens.Secret); err != nil {
		return err
	}
	key, err := s.root.Derive(keyring.CopyMAC)
	if err == nil {
		s.copies, err = state.NewCopies(key)
	}
	return err
}

// issuers returns whose tokens are accepted, ourselves included.
func (s *System) issuers() ([]bearer.Issuer, error) {
	var all []bearer.Issuer
	for i := range s.config.Issuers {
		of := &s.config.Issuers[i]
		keys, err := s.keysOf(of)
		if err != nil {
			return nil, fmt.Errorf("worker: issuer %s: %w", of.Rules.Issuer, err)
		}
		all = append(all, bearer.Issuer{Rules: of.Rules, Algorithms: of.Algorithms, Keys: keys})
	}
	t := &s.config.Tokens
	if t.KeyRing.IsZero() {
		return all, nil
	}
	ring, err := keyring.Parse([]byte(t.KeyRing.Reveal()), keyring.Importer{Public: importKey}, s.now)
	if err != nil {
		return nil, fmt.Errorf("%w: a Worker signs with HS256 keys only", err)
	}
	s.ring = ring
	return append(all, s.own()), nil
}

// own is ourselves as an issuer of tokens like all others.
func (s *System) own() bearer.Issuer {
	t := &s.config.Tokens
	return bearer.Issuer{
		SignedIn:   true,
		Rules:      jwt.Rules{Issuer: t.Issuer, Audiences: []string{t.Audience}, Types: []string{keyring.AccessToken}, MaxLifetime: keyring.MaxLifetime},
		Algorithms: s.ring.Algorithms(),
		Keys:       s.ring,
	}
}

func (s *System) keysOf(i *Issuer) (jwks.Keys, error) {
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
		set, _, err := jwks.Parse([]byte(i.KeySet), importKey)
		if err != nil {
			return nil, err
		}
		return set.Static(), nil
	}
	return &state.KeySet{Issuer: i.Rules.Issuer, JWKSURI: i.JWKSURI, Algorithms: i.Algorithms, Copies: s.copies, Now: s.now}, nil
}

// A builder is a System in the making.
type builder struct {
	*System
	issuers  []bearer.Issuer
	rows     *state.KVCache
	store    *state.Feed // over rows
	minter   *keyring.Minter
	sessions *session.Manager
	apiKeys  *apikey.Keys
	families *refresh.Families
}

// remember makes what works over the objects.
func (b *builder) remember() (err error) {
	// Any instance answers any request, and none keeps anything itself.
	if err := (state.ObjectStore{}).Contract().Meets(store.Contract{CompareAndSwap: true, Durable: true, Shared: true}); err != nil {
		return err
	}
	b.rows = state.NewKVCache(b.copies, b.now)
	b.store = state.NewFeed(b.rows)
	b.revocations, err = revocation.New(revocation.Config{Store: b.store, Retention: b.longest(), Exempt: issuance.ExemptFromLogout, Now: b.now})
	if err != nil {
		return err
	}
	b.revoked.Run = b.follow
	return nil
}

// follow learns what others have revoked. As long as a row cannot be read, the
// instance does not count as told: so it is looked at again each time.
func (b *builder) follow(ctx context.Context) error {
	err := b.revocations.Run(ctx)
	if errors.Is(err, record.ErrUnreadable) {
		b.store.StartOver(store.RevocationPrefix)
	}
	b.revocations.Sweep()
	return err
}

// limit makes what slows down who guesses. Where nothing is remembered, each
// instance counts alone.
func (b *builder) limit() (err error) {
	f := b.config.Failures
	if f == nil {
		return nil
	}
	cfg := ratelimit.Config{Limit: f.Limit, Window: f.Window, Bytes: guessTable, Batch: guessBatch, Now: b.now}
	if b.store != nil {
		cfg.Store = b.store
	}
	if b.limits, err = ratelimit.New(cfg); err == nil && b.store != nil {
		b.guessed.Run, b.shared.Run = b.limits.Run, b.limits.Sync
	}
	return err
}

// longest says how long a revocation has to be kept.
func (b *builder) longest() map[revocation.Scope]time.Duration {
	lives := issuance.Lifetimes{Family: b.config.Tokens.RefreshLifetime, APIKeys: b.config.APIKeys != nil}
	for i := range b.config.Issuers {
		lives.Issuers = append(lives.Issuers, &b.config.Issuers[i].Rules)
	}
	if c := b.config.Sessions; c != nil {
		lives.Session = c.Lifetime
	}
	return lives.Retention()
}

// mechanisms makes what gives and verifies credentials of ours.
func (b *builder) mechanisms() (err error) {
	t := &b.config.Tokens
	if b.ring != nil {
		b.minter = &keyring.Minter{Ring: b.ring, Issuer: t.Issuer, Audience: t.Audience, Lifetime: t.AccessLifetime, Now: b.now}
		if b.revocations != nil {
			b.minter.Revoked = b.revocations.RevokesKeysOf(t.Issuer)
		}
	}
	if b.root.IsZero() {
		return nil
	}
	return errors.Join(b.makeSessions(), b.makeAPIKeys(), b.makeFamilies())
}

func (b *builder) makeSessions() error {
	c := b.config.Sessions
	if c == nil {
		return nil
	}
	key, err := b.root.Derive(keyring.SessionHash)
	if err != nil {
		return err
	}
	b.sessions, err = session.New(session.Config{Store: b.store, Key: key, Idle: c.Idle, Absolute: c.Lifetime, CacheBytes: rowCache, Now: b.now})
	return err
}

func (b *builder) makeAPIKeys() error {
	c := b.config.APIKeys
	if c == nil {
		return nil
	}
	pepper, err := b.root.Derive(keyring.APIKeyPepper)
	if err != nil {
		return err
	}
	b.apiKeys, err = apikey.New(apikey.Config{
		Store: b.store, Pepper: pepper, Environment: cmp.Or(c.Environment, "live"),
		Issuer: cmp.Or(b.config.Tokens.Issuer, apikey.DefaultIssuer), CacheBytes: rowCache, Now: b.now,
	})
	return err
}

func (b *builder) makeFamilies() error {
	if b.ring == nil {
		return nil
	}
	key, err := b.root.Derive(keyring.RefreshMAC)
	if err != nil {
		return err
	}
	t := &b.config.Tokens
	b.families, err = refresh.New(refresh.Config{
		Store: b.store, Key: key, Lifetime: t.RefreshLifetime, Grace: t.RefreshGrace,
		Revoked: issuance.FamilyRevoked(b.revocations), Now: b.now,
	})
	return err
}

func (b *builder) authorize() (err error) {
	cfg := issuance.Config{
		Minter: b.minter, Families: b.families, Sessions: b.sessions, APIKeys: b.apiKeys, Revocations: b.revocations,
		SignIns: b.login, AdminSecret: b.admin, Now: b.now,
	}
	for _, i := range b.issuers {
		cfg.Accepts = append(cfg.Accepts, issuance.Accepted{Issuer: i.Rules.Issuer, Algorithms: i.Algorithms, Keys: i.Keys})
	}
	if b.limits != nil {
		cfg.Limits = b.limits
	}
	if b.ring != nil {
		if cfg.Tokens, err = bearer.New(bearer.Config{Issuers: []bearer.Issuer{b.own()}, CacheBytes: -1, Now: b.now}); err != nil {
			return err
		}
	}
	b.authority, err = issuance.New(cfg)
	return err
}

func (b *builder) signIn() error {
	c := b.config.Login
	if c == nil {
		return nil
	}
	if o := c.Outcome; o.Session() && b.sessions == nil || o.Tokens() && b.families == nil || !o.Session() && !o.Tokens() {
		return fmt.Errorf("worker: a login cannot give %q here", o)
	}
	key, err := b.root.Derive(keyring.LoginSeal)
	if err != nil {
		return err
	}
	providers := make([]login.Provider, len(c.Providers))
	for i, p := range c.Providers {
		p.Keys = &state.KeySet{Issuer: p.Issuer, Algorithms: p.Algorithms, Copies: b.copies, Now: b.now}
		providers[i] = p
	}
	b.login, err = login.New(login.Config{
		Origin: c.Origin, Providers: providers, Key: key, Store: b.rows, Fetcher: runtime.Fetcher{}, ReturnTo: c.ReturnTo, Now: b.now,
	})
	return err
}

func (b *builder) decide() error {
	all, err := b.strategies()
	if err != nil {
		return err
	}
	tree, err := b.config.tree()
	if err != nil {
		return err
	}
	cfg := engine.Config{Routes: tree, Strategies: all, Now: b.now}
	if b.revocations != nil {
		cfg.Revocations = b.revocations
	}
	if b.limits != nil {
		cfg.Limits = b.limits
	}
	if c := b.config.Login; c != nil {
		cfg.Login = engine.Login{URL: c.Origin + account.LoginPath, Origin: c.Origin}
	}
	b.engine, err = engine.New(cfg)
	return err
}

func (b *builder) strategies() ([]engine.Strategy, error) {
	verifier, err := bearer.New(bearer.Config{Issuers: b.issuers, CacheBytes: tokenCache, Now: b.now})
	if err != nil {
		return nil, err
	}
	all := []engine.Strategy{{Name: bearer.Method, Source: credential.Bearer, Verifier: verifier}}
	if b.sessions != nil {
		all = append(all, engine.Strategy{
			Name: session.Method, Source: credential.Cookie(b.jar.Session), Verifier: b.sessions,
			Interactive: b.login != nil && b.config.Login.Outcome.Session(),
		})
	}
	if b.apiKeys != nil {
		all = append(all, engine.Strategy{Name: apikey.Method, Source: credential.APIKey, Verifier: b.apiKeys})
	}
	if b.login != nil && b.config.Login.Outcome.Tokens() {
		own := b.own()
		own.Method = issuance.MethodCookie
		tokens, err := bearer.New(bearer.Config{Issuers: []bearer.Issuer{own}, CacheBytes: tokenCache, Now: b.now})
		if err != nil {
			return nil, err
		}
		all = append(all, engine.Strategy{
			Name: issuance.MethodCookie, Source: credential.Cookie(b.jar.Access), Verifier: tokens, Interactive: true,
			Renew: &issuance.Renewer{Authority: b.authority, Tokens: tokens, Jar: b.jar},
		})
	}
	return all, nil
}
