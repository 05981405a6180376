// Package issuancetest makes a whole authority for tests of what stands on it:
// real mechanisms over a store that fails on demand, a clock that is moved by
// hand, and a limiter and an audit log that remember.
package issuancetest

import (
	"cmp"
	"context"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

// Who issues here, and for whom.
const (
	Issuer   = "https://edge.example"
	Audience = "https://api.example"
	// Foreign is another issuer whose tokens are accepted, with the key ForeignKey.
	Foreign    = "https://idp.example"
	ForeignKey = "k1"
)

// Grace is how long an old refresh token gives the same successor again.
const Grace = 30 * time.Second

// A Node is an authority and what it stands on.
type Node struct {
	*issuance.Authority
	Store  *storetest.Faulty
	Clock  *storetest.Clock
	Limits *Limits
	Audit  *Audit
	Lost   []error // what Unaudited was told
}

// New returns a node that knows what is revoked: nothing.
func New(t testing.TB) *Node {
	t.Helper()
	n := &Node{Clock: &storetest.Clock{}, Limits: &Limits{}, Audit: &Audit{}}
	n.Store = storetest.NewFaulty(memstore.New(memstore.Config{Now: n.Clock.Now}))
	secret := edgeward.NewSecret(strings.Repeat("s", 32))

	jwk, err := keyring.NewHMAC(jwt.HS256, nil)
	must(t, err)
	set, err := keyring.Rotate(nil, keyring.Rotation{Key: jwk, Now: n.Clock.Now()})
	must(t, err)
	ring, err := keyring.Parse(set, keyring.Importer{}, n.Clock.Now)
	must(t, err)
	tokens, err := bearer.New(bearer.Config{Now: n.Clock.Now, Issuers: []bearer.Issuer{{
		SignedIn:   true,
		SinceClaim: keyring.SinceClaim,
		Rules:      jwt.Rules{Issuer: Issuer, Audiences: []string{Audience}, Types: []string{keyring.AccessToken}},
		Algorithms: ring.Algorithms(), Keys: ring,
	}}})
	must(t, err)
	revocations, err := revocation.New(revocation.Config{Store: n.Store, Now: n.Clock.Now, Exempt: issuance.ExemptFromLogout})
	must(t, err)
	families, err := refresh.New(refresh.Config{
		Store: n.Store, Key: secret, Grace: Grace, Now: n.Clock.Now,
		Revoked: issuance.FamilyRevoked(revocations),
	})
	must(t, err)
	sessions, err := session.New(session.Config{Store: n.Store, Key: secret, Now: n.Clock.Now})
	must(t, err)
	keys, err := apikey.New(apikey.Config{Store: n.Store, Pepper: secret, Environment: "test", Now: n.Clock.Now})
	must(t, err)

	foreign, err := jwt.HMACKey(ForeignKey, jwt.HS256, secret)
	must(t, err)
	theirs, err := jwks.NewStatic(foreign)
	must(t, err)
	n.Authority, err = issuance.New(issuance.Config{
		Accepts: []issuance.Accepted{
			{Issuer: Issuer, Algorithms: ring.Algorithms(), Keys: ring},
			{Issuer: Foreign, Algorithms: []jwt.Algorithm{jwt.HS256}, Keys: theirs},
		},
		Minter:   &keyring.Minter{Ring: ring, Issuer: Issuer, Audience: Audience, Now: n.Clock.Now},
		Families: families, Tokens: tokens, Sessions: sessions, APIKeys: keys, Revocations: revocations,
		Limits: n.Limits, Audit: n.Audit, Unaudited: func(err error) { n.Lost = append(n.Lost, err) }, Now: n.Clock.Now,
	})
	must(t, err)
	follow(t, revocations)
	return n
}

// follow has log told what is revoked.
func follow(t testing.TB, log *revocation.Log) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = log.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	for log.Staleness(time.Now()) == 1<<63-1 {
		time.Sleep(time.Millisecond)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Limits remembers guesses, and keeps whom it is told to waiting.
type Limits struct {
	mu      sync.Mutex
	refused map[netip.Addr][]edgeward.Reason
	proved  []netip.Addr
	waiting map[netip.Addr]bool
}

// Block keeps a client waiting for six minutes.
func (l *Limits) Block(client netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		l.waiting = map[netip.Addr]bool{}
	}
	l.waiting[client] = true
}

// Told returns the refusals that were told of a client.
func (l *Limits) Told(client netip.Addr) []edgeward.Reason {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused[client]
}

// Proved returns whose credentials were right.
func (l *Limits) Proved() []netip.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.proved
}

// Check implements [issuance.Limits].
func (l *Limits) Check(client netip.Addr) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wait(client)
}

func (l *Limits) wait(client netip.Addr) error {
	if l.waiting[client] {
		return &edgeward.BlockedError{RetryAfter: 6 * time.Minute}
	}
	return nil
}

// Record implements [issuance.Limits]. Who is blocked meanwhile is told so.
func (l *Limits) Record(client netip.Addr, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := l.wait(client); wait != nil {
		return wait
	}
	if err == nil {
		l.proved = append(l.proved, client)
		return nil
	}
	if l.refused == nil {
		l.refused = map[netip.Addr][]edgeward.Reason{}
	}
	l.refused[client] = append(l.refused[client], edgeward.ReasonOf(err))
	return err
}

// Bans implements [issuance.Limits].
func (l *Limits) Bans(after string, _ int) (page []issuance.Ban, next string, err error) {
	if _, err := netip.ParsePrefix(after); after != "" && err != nil {
		return nil, "", ratelimit.ErrPlace
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for client := range l.waiting {
		page = append(page, issuance.Ban{Source: netip.PrefixFrom(client, client.BitLen())})
	}
	return page, "", nil
}

// Clear implements [issuance.Limits].
func (l *Limits) Clear(_ context.Context, source netip.Prefix) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waited := l.waiting[source.Addr()]
	delete(l.waiting, source.Addr())
	return waited, nil
}

// An Audit log remembers, or answers Err.
type Audit struct {
	Err error

	mu      sync.Mutex
	records []issuance.Record
}

// Append implements [issuance.Audit].
func (a *Audit) Append(ctx context.Context, r issuance.Record) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := cmp.Or(ctx.Err(), a.Err); err != nil {
		return err
	}
	a.records = append(a.records, r)
	return nil
}

// Records returns what was appended.
func (a *Audit) Records() []issuance.Record {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]issuance.Record(nil), a.records...)
}
