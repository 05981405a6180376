package door

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/cloudflare/state"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/setup/assembly"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/revocation"
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
	revocations *revocation.Log // nil without a store
	limits      *ratelimit.Limiter
	copies      state.Copies
	sets        []*endpoint.Set // that stand before the routes
	fields      *identity.Fields
	hosts       *canonical.Hosts
	pages       *page.Look // how what users are answered looks

	revoked, guessed state.Poll // learn what others did
	shared           state.Poll // tells them who guessed
	guessedAt        time.Time
	now              func() time.Time
	log              func(string) // nil writes to standard error
	notes            assembly.Notes
}

// NewSystem wires c. It does no I/O.
func NewSystem(c *Configuration, now func() time.Time) (*System, error) {
	s := &System{config: c, now: now}
	if err := checkAdmin(c.Admin); err != nil {
		return nil, fmt.Errorf("worker: the secret %s %w", AdminSecret, err)
	}
	var err error
	if s.fields, err = identity.NewFields(c.ForwardHeaders, c.Cookies()); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	if s.hosts, err = canonical.NewHosts(c.hosts()); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	p := assembly.Platform{
		KeysOf: s.keysOf, Noted: s.note, Fetcher: runtime.Fetcher{}, AdminSecret: c.Admin, Now: now, Languages: c.languages,
		Sizes: assembly.Sizes{Tokens: tokenCache, Rows: rowCache, Failures: guessTable, Batch: guessBatch},
	}
	if err := s.open(&p); err != nil {
		return nil, err
	}
	made, err := assembly.Build(c.Config, p, nil)
	if err != nil {
		return nil, err
	}
	s.engine, s.revocations, s.limits, s.sets, s.pages = made.Decider, made.Revocations, made.Limits, made.Endpoints, made.Pages
	if made.Authority != nil && !c.Admin.IsZero() {
		set, err := admin.New(admin.Config{Authority: made.Authority, Store: p.Store, Cookie: made.Cookies.Session, AmongRoutes: true, Now: now})
		if err != nil {
			return nil, err
		}
		set.Answers = made.Answers
		s.sets = append(s.sets, set)
	}
	if s.limits != nil && p.Store != nil {
		s.guessed.Run, s.shared.Run = s.limits.Run, s.limits.Sync
	}
	return s, nil
}

// open makes what works over the Durable Objects.
func (s *System) open(p *assembly.Platform) error {
	if !s.config.Tokens.Root.IsZero() {
		key, err := s.config.Tokens.Root.Derive(keyring.CopyMAC)
		if err == nil {
			s.copies, err = state.NewCopies(key)
		}
		if err != nil {
			return err
		}
	}
	if s.config.Store == nil {
		return nil
	}
	// Any instance answers any request, and none keeps anything itself.
	if err := (state.ObjectStore{}).Contract().Meets(store.Contract{CompareAndSwap: true, Durable: true, Shared: true}); err != nil {
		return err
	}
	feed := state.NewFeed(state.NewKVCache(s.copies, s.now))
	var err error
	p.Store = feed
	p.Revocations, err = revocation.New(revocation.Config{Store: feed, Retention: s.config.Retention(), Exempt: issuance.ExemptFromLogout, Now: s.now})
	s.revoked.Run = func(ctx context.Context) error { return s.follow(ctx, feed) }
	return err
}

// follow learns what others have revoked. As long as a row cannot be read, the
// instance does not count as told: so it is looked at again each time.
func (s *System) follow(ctx context.Context, feed *state.Feed) error {
	err := s.revocations.Run(ctx)
	if errors.Is(err, record.ErrUnreadable) {
		feed.StartOver(store.RevocationPrefix)
	}
	s.revocations.Sweep()
	return err
}

func (s *System) keysOf(i *config.Issuer) (jwks.Keys, error) {
	return &state.KeySet{Issuer: i.Rules.Issuer, JWKSURI: i.JWKSURI, Metadata: i.MetadataURL, Algorithms: i.Algorithms, Copies: s.copies, Now: s.now}, nil
}
