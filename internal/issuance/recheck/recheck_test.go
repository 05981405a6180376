package recheck_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/recheck"
	"github.com/edgeward/edgeward/internal/keep/account"
	"github.com/edgeward/edgeward/internal/keep/grant"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

const (
	issuer   = "https://edge.example"
	audience = "https://api.example"
	idp      = "https://id.example"
	interval = 5 * time.Minute
)

var secret = edgeward.NewSecret(strings.Repeat("s", 32))

// A provider of one user, which rotates refresh tokens: the use of an old one ends the
// sign-in.
type provider struct {
	mu      sync.Mutex
	groups  []string
	current string // refresh token
	n       int
	reused  int
	down    error
	ended   bool
	asked   atomic.Int64
	expires time.Duration // of access tokens; 0: it does not say
	now     func() time.Time
}

func (p *provider) Refresh(_ context.Context, name, issuer, subject string, g grant.Grant) (recheck.Fresh, error) {
	p.asked.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case name != "idp" || issuer != idp || subject != "alice":
		return recheck.Fresh{}, fmt.Errorf("asked about %s of %s at %s", subject, issuer, name)
	case p.ended:
		return recheck.Fresh{}, recheck.ErrEnded
	case p.down != nil:
		return recheck.Fresh{}, p.down
	case g.Refresh.Reveal() != p.current:
		p.reused++
		return recheck.Fresh{}, recheck.ErrEnded
	}
	p.n++
	p.current = fmt.Sprint("refresh-", p.n)
	var expires time.Time
	if p.expires > 0 {
		expires = p.now().Add(p.expires)
	}
	return recheck.Fresh{
		Permissions: slices.Clone(p.groups), Profile: edgeward.Profile{Username: "alice", Groups: slices.Clone(p.groups)},
		Grant: grant.Grant{Refresh: edgeward.NewSecret(p.current), Access: edgeward.NewSecret(fmt.Sprint("access-", p.n)), Expires: expires},
	}, nil
}

func (p *provider) set(change func(*provider)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

// A node is one gateway over a store that others share.
type node struct {
	*issuance.Authority
	tokens  *bearer.Verifier
	queue   *recheck.Queue
	checker *recheck.Checker

	mu      sync.Mutex
	results []string
}

type lab struct {
	t     *testing.T
	clock *storetest.Clock
	store *storetest.Faulty
	idp   *provider
	nodes []*node
}

func newLab(t *testing.T, n int) *lab {
	l := &lab{t: t, clock: new(storetest.Clock), idp: &provider{groups: []string{"admins", "staff"}, current: "refresh-0"}}
	l.store = storetest.NewFaulty(memstore.New(memstore.Config{Now: l.clock.Now}))
	jwk, err := keyring.NewHMAC(jwt.HS256, nil)
	must(t, err)
	set, err := keyring.Rotate(nil, keyring.Rotation{Key: jwk, Now: l.clock.Now()})
	must(t, err)
	ring, err := keyring.Parse(set, keyring.Importer{}, l.clock.Now)
	must(t, err)
	for range n {
		l.nodes = append(l.nodes, l.node(ring))
	}
	return l
}

func (l *lab) node(ring *keyring.Ring) *node {
	t, now := l.t, l.clock.Now
	n := &node{queue: recheck.NewQueue(map[string]time.Duration{idp: interval}, now)}
	log, err := revocation.New(revocation.Config{Store: l.store, Now: now})
	must(t, err)
	accounts, err := account.New(account.Config{Store: l.store, Key: secret, Now: now})
	must(t, err)
	grants, err := grant.New(grant.Config{Store: l.store, Key: secret, Now: now, Pause: func(ctx context.Context, _ time.Duration) bool {
		time.Sleep(time.Millisecond)
		return ctx.Err() == nil
	}})
	must(t, err)
	standing := func(ctx context.Context, issuer, subject, object string) (edgeward.Standing, bool, error) {
		if rest, ours := strings.CutPrefix(subject, "idp|"); ours {
			issuer, subject = idp, rest
		}
		user, err := accounts.Get(ctx, issuer, subject)
		if err != nil {
			return edgeward.Standing{}, false, err
		}
		n.queue.Used(recheck.User{Issuer: issuer, Subject: subject}, object, user.Checked)
		return edgeward.Standing{Permissions: user.Permissions, Profile: user.Profile, AsOf: user.Changed}, true, nil
	}
	families, err := refresh.New(refresh.Config{Store: l.store, Key: secret, Now: now, Revoked: issuance.FamilyRevoked(log)})
	must(t, err)
	sessions, err := session.New(session.Config{Store: l.store, Key: secret, Now: now, Superseded: log.Superseded,
		Account: func(ctx context.Context, issuer, subject, id string) (edgeward.Standing, bool, error) {
			return standing(ctx, issuer, subject, issuance.SessionObject+id)
		},
	})
	must(t, err)
	n.tokens, err = bearer.New(bearer.Config{Now: now, Issuers: []bearer.Issuer{{
		SignedIn: true, SinceClaim: keyring.SinceClaim, Rules: jwt.Rules{Issuer: issuer, Audiences: []string{audience}, Types: []string{keyring.AccessToken}},
		Algorithms: ring.Algorithms(), Keys: ring,
		Accounts: &bearer.Accounts{Claim: keyring.AccountClaim, Claims: keyring.ClaimsClaim, Superseded: log.Superseded, Standing: standing},
	}}})
	must(t, err)
	theirs, err := jwt.HMACKey("k", jwt.HS256, secret)
	must(t, err)
	keys, err := jwks.NewStatic(theirs)
	must(t, err)
	signIns, err := login.New(login.Config{
		Origin: issuer, Key: secret, Store: l.store, Now: now, Fetcher: noFetcher{},
		Providers: []login.Provider{{Provider: openid.Provider{Name: "idp", Issuer: idp, ClientID: "edge", Keys: keys}}},
	})
	must(t, err)
	n.Authority, err = issuance.New(issuance.Config{
		Minter: &keyring.Minter{Ring: ring, Issuer: issuer, Audience: audience, Now: now}, Families: families, Tokens: n.tokens, Sessions: sessions,
		Revocations: log, SignIns: signIns, Accounts: accounts, Standing: standing, Grants: grants, Now: now,
	})
	must(t, err)
	n.checker = recheck.New(recheck.Config{Queue: n.queue, Authority: n.Authority, Grants: grants, Provider: l.idp, Now: now,
		Observe: func(provider, result string, _ error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.results = append(n.results, provider+" "+result)
		},
	})
	follow(t, log)
	return n
}

type noFetcher struct{}

func (noFetcher) Fetch(context.Context, openid.Request) (openid.Response, error) {
	return openid.Response{}, errors.New("no provider is asked")
}

func follow(t testing.TB, log *revocation.Log) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = log.Run(ctx)
		}
	}()
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

// signIn has alice sign in at the first node.
func (l *lab) signIn() issuance.SignedIn {
	l.t.Helper()
	n := l.nodes[0]
	who := login.SignIn{Provider: "idp", Issuer: idp, Subject: "alice", Permissions: l.idp.groups, Profile: edgeward.Profile{Username: "alice", Groups: l.idp.groups}}
	given, err := n.SignIn(l.t.Context(), issuance.By{}, &who, issuance.GivesBoth, edgeward.Client{})
	must(l.t, err)
	who.GrantID, err = n.Grants.Keep(l.t.Context(), grant.Grant{Refresh: edgeward.NewSecret(l.idp.current), Access: edgeward.NewSecret("access-0")}, given.Session.Expires)
	must(l.t, err)
	all := given.Objects()
	must(l.t, n.SignIns.Keep(l.t.Context(), all[0], who, given.Session.Expires, all[1]))
	must(l.t, n.SignIns.Keep(l.t.Context(), all[1], who, given.Session.Expires, all[0]))
	return given
}

func (n *node) session(t testing.TB, given *issuance.SignedIn) (*edgeward.Identity, error) {
	t.Helper()
	return n.Sessions.Verify(t.Context(), nil, edgeward.Credential{Value: given.Cookie})
}

func (n *node) token(t testing.TB, given *issuance.SignedIn) (*edgeward.Identity, error) {
	t.Helper()
	return n.tokens.Verify(t.Context(), nil, edgeward.Credential{Value: given.Pair.AccessToken})
}

// open begins what lasts, a WebSocket say.
func (n *node) open(t *testing.T, id *edgeward.Identity) context.Context {
	t.Helper()
	x := &door.Exchanges{Alive: n.Revocations.Check, Superseded: n.Revocations.Superseded}
	ctx, stop := context.WithCancel(context.Background())
	var sweeping sync.WaitGroup
	sweeping.Go(func() { _ = x.Run(ctx) })
	open, _, done := x.Hold(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), id)
	t.Cleanup(func() { done(); stop(); sweeping.Wait() })
	return open
}

func (n *node) work(t testing.TB) (checks int) {
	t.Helper()
	for n.checker.Work(t.Context()) {
		checks++
	}
	return checks
}

// due is when a session in use is looked at again, and its user re-checked.
func (l *lab) due() { l.clock.Forward(interval + time.Second) }

func (l *lab) said(n *node, want ...string) {
	l.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Equal(n.results, want) {
		l.t.Errorf("results %q, want %q", n.results, want)
	}
	n.results = nil
}

// What a provider takes away is gone from the next request after the check on, from
// sessions and tokens, on the node that checked and on another.
func TestALossHoldsOnEveryNode(t *testing.T) {
	l := newLab(t, 2)
	given := l.signIn()
	for _, n := range l.nodes {
		if id, err := n.session(t, &given); err != nil || !id.Has("admins") || id.Profile.Username != "alice" {
			t.Fatal(id, err)
		}
		if id, err := n.token(t, &given); err != nil || !id.Has("admins") || !slices.Equal(id.Profile.Groups, []string{"admins", "staff"}) {
			t.Fatal(id, err)
		}
		if n.work(t) != 0 {
			t.Error("checked before it is due")
		}
	}
	l.due()
	l.idp.set(func(p *provider) { p.groups = []string{"staff"} })
	var sockets []context.Context
	for _, n := range l.nodes {
		id, err := n.session(t, &given)
		if err != nil || !id.Has("admins") {
			t.Fatal(id, err)
		}
		sockets = append(sockets, n.open(t, id))
	}
	if got := l.nodes[0].work(t); got != 1 {
		t.Fatalf("%d checks", got)
	}
	l.said(l.nodes[0], "idp lost")
	for i, n := range l.nodes {
		for n.Revocations.ChangedAt(idp, "alice") == 0 || n.Revocations.ChangedAt(issuer, "idp|alice") == 0 {
			time.Sleep(time.Millisecond)
		}
		if id, err := n.session(t, &given); err != nil || id.Has("admins") || !id.Has("staff") {
			t.Errorf("node %d: session %v, %v", i, id, err)
		}
		if _, err := n.token(t, &given); !errors.Is(err, edgeward.TokenExpired) {
			t.Errorf("node %d: token: %v", i, err)
		}
		pair, err := n.MintAccess(t.Context(), issuance.By{}, &edgeward.Request{}, given.Pair.RefreshToken)
		must(t, err)
		id, err := n.tokens.Verify(t.Context(), nil, edgeward.Credential{Value: pair.AccessToken})
		if err != nil || id.Has("admins") || !id.Has("staff") || !slices.Equal(id.Profile.Groups, []string{"staff"}) {
			t.Errorf("node %d: renewed token %v, %v", i, id, err)
		}
	}
	for i, socket := range sockets {
		select {
		case <-socket.Done():
			if !errors.Is(context.Cause(socket), door.ErrEnded) {
				t.Errorf("node %d: what is open ended by %v", i, context.Cause(socket))
			}
		case <-time.After(20 * time.Second):
			t.Errorf("node %d: what is open goes on", i)
		}
		id, err := l.nodes[i].session(t, &given)
		must(t, err)
		again := l.nodes[i].open(t, id)
		time.Sleep(5 * time.Millisecond)
		if again.Err() != nil {
			t.Errorf("node %d: what was opened since ended", i)
		}
	}
	if l.nodes[1].work(t) != 1 {
		t.Error("the other node has not looked")
	}
	l.said(l.nodes[1])
	if l.idp.asked.Load() != 1 {
		t.Errorf("the provider was asked %d times", l.idp.asked.Load())
	}
}

// While the provider is down, for a day of requests, no one loses or gains anything; it is
// said, and asked ever more seldom.
func TestAProviderThatIsDownTakesNothing(t *testing.T) {
	l := newLab(t, 1)
	n := l.nodes[0]
	given := l.signIn()
	l.idp.set(func(p *provider) { p.groups, p.down = nil, errors.New("down") })
	for range 24 * 12 {
		l.clock.Forward(interval)
		id, err := n.session(t, &given)
		if err != nil || !id.Has("admins") || !slices.Equal(id.Profile.Groups, []string{"admins", "staff"}) {
			t.Fatal(id, err)
		}
		n.work(t)
	}
	asked := l.idp.asked.Load()
	if asked < 24 || asked > 24*12 {
		t.Errorf("a provider that is down was asked %d times in a day", asked)
	}
	if overdue := n.queue.Overdue()[idp]; overdue < 23*time.Hour {
		t.Errorf("overdue for %v", overdue)
	}
	for _, result := range n.results {
		if result != "idp failed" {
			t.Fatalf("%q", n.results)
		}
	}
	n.results = nil
	l.idp.set(func(p *provider) { p.groups, p.down = []string{"staff"}, nil })
	l.clock.Forward(15 * time.Minute)
	n.work(t)
	l.said(n, "idp lost")
	if id, err := n.session(t, &given); err != nil || id.Has("admins") {
		t.Errorf("%v, %v", id, err)
	}
	if overdue := n.queue.Overdue()[idp]; overdue != 0 {
		t.Errorf("overdue for %v", overdue)
	}
}

// What the provider's answer does not say, changes nothing, and who is not there any more
// is asked about no more.
func TestAnAnswerThatSaysNothing(t *testing.T) {
	l := newLab(t, 1)
	n := l.nodes[0]
	given := l.signIn()
	many := make([]string, edgeward.MaxGroups+1)
	for i := range many {
		many[i] = fmt.Sprint("g", i)
	}
	for what, row := range map[string]struct {
		change func(*provider)
		result string
	}{
		"too many groups":         {func(p *provider) { p.groups = many }, "idp refused"},
		"an answer about no user": {func(p *provider) { p.down = fmt.Errorf("another sub: %w", recheck.ErrAnswer) }, "idp refused"},
		"no token to ask by":      {func(p *provider) { p.down = recheck.ErrCannot }, "idp unable"},
	} {
		l.idp.set(func(p *provider) { p.groups, p.down = nil, nil; row.change(p) })
		l.due()
		if _, err := n.session(t, &given); err != nil {
			t.Fatal(err)
		}
		n.work(t)
		l.said(n, row.result)
		if id, err := n.session(t, &given); err != nil || !id.Has("admins") {
			t.Errorf("%s: %v, %v", what, id, err)
		}
	}
	l.idp.set(func(p *provider) { p.groups, p.down = []string{"admins", "staff", "new"}, nil })
	l.due()
	if _, err := n.session(t, &given); err != nil {
		t.Fatal(err)
	}
	n.work(t)
	l.said(n, "idp changed")
	l.clock.Forward(time.Minute)
	if id, err := n.session(t, &given); err != nil || !id.Has("new") {
		t.Errorf("a gain: %v, %v", id, err)
	}
}

// invalid_grant ends that sign-in, and no other of the same user.
func TestASignInThatTheProviderHasEnded(t *testing.T) {
	l := newLab(t, 2)
	given, other := l.signIn(), l.signIn()
	l.due()
	l.idp.set(func(p *provider) { p.ended = true })
	if _, err := l.nodes[0].session(t, &given); err != nil {
		t.Fatal(err)
	}
	l.nodes[0].work(t)
	l.said(l.nodes[0], "idp ended")
	for i, n := range l.nodes {
		if i == 1 { // another node believes what it has read, unless the revocation tells it
			for n.Revocations.Len() == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		id, err := n.session(t, &given)
		if err == nil {
			err = n.Revocations.Check(id)
		}
		if !errors.Is(err, edgeward.SessionUnknown) && !errors.Is(err, edgeward.CredentialRevoked) {
			t.Errorf("node %d: %v", i, err)
		}
		if _, err := n.MintAccess(t.Context(), issuance.By{}, &edgeward.Request{}, given.Pair.RefreshToken); !errors.Is(err, edgeward.RefreshRevoked) {
			t.Errorf("node %d: refresh: %v", i, err)
		}
		if id, err := n.session(t, &other); err != nil || n.Revocations.Check(id) != nil {
			t.Errorf("node %d: another sign-in: %v", i, err)
		}
	}
}

// At whichever operation of the store the node dies, and be it for good, the loss
// arrives: another node checks again, with the refresh token that was written down, or
// ends the sign-in whose token is lost.
func TestANodeThatDiesForgetsNoLoss(t *testing.T) {
	for at := range 25 {
		l := newLab(t, 2)
		given := l.signIn()
		l.due()
		l.idp.set(func(p *provider) { p.groups = []string{"staff"} })
		for _, n := range l.nodes {
			if _, err := n.session(t, &given); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		var mu sync.Mutex
		l.store.Follow(func(o storetest.Operation) storetest.Fault {
			mu.Lock()
			defer mu.Unlock()
			if o.Name == "watch" {
				return storetest.Fault{}
			}
			if n++; n > at {
				return storetest.Fault{Before: storetest.ErrInjected}
			}
			return storetest.Fault{}
		})
		l.nodes[0].checker.Work(t.Context())
		l.store.Follow(nil)
		l.clock.Forward(2 * time.Minute) // the lease of the dead node
		second := l.nodes[1]
		for range 3 {
			id, err := second.session(t, &given)
			if err == nil {
				err = second.Revocations.Check(id)
			}
			if err != nil && !errors.Is(err, edgeward.SessionUnknown) && !errors.Is(err, edgeward.CredentialRevoked) {
				t.Fatal(err)
			}
			second.work(t)
			l.clock.Forward(2 * time.Minute)
		}
		for wait := 0; second.Revocations.ChangedAt(idp, "alice") == 0 && second.Revocations.Len() == 0 && wait < 1000; wait++ {
			time.Sleep(time.Millisecond) // the watch tells a moment later
		}
		id, err := second.session(t, &given)
		if err == nil {
			err = second.Revocations.Check(id)
		}
		if err == nil && id.Has("admins") {
			t.Errorf("killed at %d: the loss is forgotten; results %q", at, second.results)
		}
		if err == nil && second.Revocations.ChangedAt(idp, "alice") == 0 {
			t.Errorf("killed at %d: no node hears of the loss", at)
		}
	}
}

// A node that lives on loses no token that the provider has rotated: what the store did
// not take is written later, before anything is asked.
func TestARotatedTokenThatCouldNotBeWritten(t *testing.T) {
	l := newLab(t, 1)
	n := l.nodes[0]
	given := l.signIn()
	l.due()
	if _, err := n.session(t, &given); err != nil {
		t.Fatal(err)
	}
	l.store.Follow(storetest.Failing("replace"))
	n.checker.Work(t.Context())
	l.said(n, "idp failed")
	l.store.Follow(nil)
	l.clock.Forward(10 * time.Minute)
	n.work(t)
	l.said(n, "idp same")
	if l.idp.reused != 0 || l.idp.n != 2 {
		t.Errorf("%d rotations, and %d uses of an old token", l.idp.n, l.idp.reused)
	}
}

// However many workers and requests there are, one asks about a user at a time.
func TestChecksUnderAStorm(t *testing.T) {
	l := newLab(t, 2)
	given := l.signIn()
	for round := range 5 {
		l.due()
		l.idp.set(func(p *provider) { p.groups = []string{fmt.Sprint("g", round)} })
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				n := l.nodes[i%2]
				if _, err := n.session(t, &given); err != nil {
					t.Error(err)
				}
				n.queue.Open(recheck.User{Issuer: idp, Subject: "alice"}, "")
				n.checker.Work(t.Context())
			})
		}
		all.Wait()
		for range 3 {
			l.clock.Forward(10 * time.Second)
			for _, n := range l.nodes {
				n.work(t)
			}
		}
		for i, n := range l.nodes {
			for n.Revocations.ChangedAt(idp, "alice") < l.nodes[1-i].Revocations.ChangedAt(idp, "alice") {
				time.Sleep(time.Millisecond)
			}
			if id, err := n.session(t, &given); err != nil || !slices.Equal(id.Profile.Groups, []string{fmt.Sprint("g", round)}) {
				t.Errorf("round %d, node %d: %v, %v", round, i, id, err)
			}
		}
	}
	if l.idp.reused != 0 {
		t.Errorf("%d uses of a refresh token that was used before", l.idp.reused)
	}
}

// An open connection alone keeps its user checked.
func TestWhatIsOpenCountsAsAUse(t *testing.T) {
	l := newLab(t, 1)
	n := l.nodes[0]
	l.signIn()
	l.idp.set(func(p *provider) { p.groups = []string{"staff"} })
	alice := recheck.User{Issuer: idp, Subject: "alice"}
	for range 2 * interval / (15 * time.Second) {
		l.clock.Forward(15 * time.Second)
		n.queue.Open(alice, "")
		n.work(t)
	}
	l.said(n, "idp lost")
}

func TestAnotherIssuerIsNotAskedAgain(t *testing.T) {
	l := newLab(t, 1)
	q := l.nodes[0].queue
	q.Used(recheck.User{Issuer: "https://other.example", Subject: "alice"}, "", time.UnixMilli(1))
	q.Open(recheck.User{Issuer: "https://other.example", Subject: "alice"}, "")
	var none *recheck.Queue
	none.Used(recheck.User{Issuer: idp, Subject: "alice"}, "", time.UnixMilli(1))
	none.Open(recheck.User{Issuer: idp, Subject: "alice"}, "")
	if l.nodes[0].work(t) != 0 || len(none.Overdue()) != 0 {
		t.Error("someone was checked")
	}
}

// An application gets the provider's access token, renewed when it has expired: once for
// a hundred requests on two nodes, and no refresh token is used twice.
func TestTheAccessTokenOfTheProvider(t *testing.T) {
	l := newLab(t, 2)
	given := l.signIn()
	id, err := l.nodes[0].session(t, &given)
	must(t, err)
	family, err := l.nodes[0].token(t, &given)
	must(t, err)
	for _, who := range []*edgeward.Identity{id, family} {
		if got, err := l.nodes[0].checker.AccessToken(t.Context(), who); err != nil || got.Reveal() != "access-0" {
			t.Errorf("%q, %v", got.Reveal(), err)
		}
	}
	l.idp.set(func(p *provider) { p.expires = 10 * time.Minute; p.now = l.clock.Now })
	l.due()
	for _, n := range l.nodes {
		if _, err := n.session(t, &given); err != nil {
			t.Fatal(err)
		}
	}
	l.nodes[0].work(t) // from now on the token says when it expires
	for round := 2; round < 6; round++ {
		l.clock.Forward(10 * time.Minute)
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				who := id
				if i%3 == 0 {
					who = family
				}
				got, err := l.nodes[i%2].checker.AccessToken(t.Context(), who)
				if want := fmt.Sprint("access-", round); err != nil || got.Reveal() != want {
					t.Errorf("round %d: %q, %v", round, got.Reveal(), err)
				}
			})
		}
		all.Wait()
	}
	if l.idp.reused != 0 || l.idp.n != 5 {
		t.Errorf("%d renewals, %d uses of an old refresh token", l.idp.n, l.idp.reused)
	}
	l.clock.Forward(10 * time.Minute)
	l.idp.set(func(p *provider) { p.down = errors.New("down") })
	if _, err := l.nodes[0].checker.AccessToken(t.Context(), id); err == nil || edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("the provider is down: %v", err)
	}
	l.idp.set(func(p *provider) { p.ended = true })
	if _, err := l.nodes[0].checker.AccessToken(t.Context(), id); !errors.Is(err, edgeward.CredentialRevoked) {
		t.Errorf("the provider has ended it: %v", err)
	}
	if _, err := l.nodes[0].session(t, &given); !errors.Is(err, edgeward.SessionUnknown) {
		t.Errorf("the session of that sign-in: %v", err)
	}
	for what, who := range map[string]edgeward.Identity{"no session": {Issuer: idp, Subject: "alice"}, "a session of no sign-in": {Issuer: idp, Subject: "alice", Session: "x"}} {
		id, err := edgeward.NewIdentity(who)
		must(t, err)
		if _, err := l.nodes[0].checker.AccessToken(t.Context(), id); !errors.Is(err, recheck.ErrNoAccess) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
