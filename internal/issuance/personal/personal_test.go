package personal_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance/personal"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

const provider = "https://id.example"

// accounts are what is known of users, by their subject.
type accounts struct {
	mu    sync.Mutex
	of    map[string]personal.Account
	err   error
	reads int
	// changed is when something was lost, in milliseconds.
	changed int64
}

func (a *accounts) get(_ context.Context, issuer, subject string) (personal.Account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reads++
	of, ok := a.of[subject]
	switch {
	case a.err != nil:
		return personal.Account{}, a.err
	case !ok || issuer != provider:
		return personal.Account{}, personal.ErrNoAccount
	}
	return of, nil
}

func (a *accounts) set(subject string, of personal.Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[subject] = of
}

func (a *accounts) superseded(id *edgeward.Identity) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return id.AsOf < a.changed
}

type node struct {
	*personal.Verifier
	keys     *apikey.Keys
	accounts *accounts
	clock    *storetest.Clock
	used     []string
	refused  []string
}

func start(t testing.TB) *node {
	t.Helper()
	n := &node{accounts: &accounts{of: map[string]personal.Account{}}, clock: &storetest.Clock{}}
	var err error
	n.keys, err = apikey.New(apikey.Config{
		Store: memstore.New(memstore.Config{Now: n.clock.Now}), Pepper: edgeward.NewSecret(strings.Repeat("p", 32)), Environment: "live", Now: n.clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Verifier, err = personal.New(personal.Config{
		Keys: n.keys, Account: n.accounts.get, Superseded: n.accounts.superseded, ConfirmWithin: 90 * 24 * time.Hour, Now: n.clock.Now,
		Used: func(issuer, subject string) { n.used = append(n.used, issuer+" "+subject) },
		Refused: func(_ context.Context, _ *edgeward.Request, limits *edgeward.Identity, err error) {
			n.refused = append(n.refused, limits.Subject+" "+edgeward.ReasonOf(err).Error())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// alice is the account of a user who signed in at the moment.
func (n *node) alice() personal.Account {
	return personal.Account{
		Permissions: []string{"orders:read", "orders:write"}, Changed: n.clock.Now().UnixMilli(), Confirmed: n.clock.Now(),
		Profile: &edgeward.Profile{
			Username: "al", Email: "alice@example.com", Groups: []string{"staff"}, ACR: "mfa", AuthTime: n.clock.Now(),
		},
	}
}

func (n *node) token(t testing.TB, permissions ...string) edgeward.Secret {
	t.Helper()
	text, _, err := n.keys.CreatePersonal(t.Context(), apikey.Grant{
		Issuer: provider, Subject: "alice", Name: "x", Permissions: permissions, Expires: n.clock.Now().Add(365 * 24 * time.Hour),
	}, 20)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (n *node) verify(text edgeward.Secret, username string) (*edgeward.Identity, error) {
	return n.Verify(context.Background(), &edgeward.Request{ClientIP: netip.MustParseAddr("192.0.2.1")}, edgeward.Credential{Value: text, Username: username})
}

func (n *node) want(t testing.TB, rule string, text edgeward.Secret, username string, want edgeward.Reason) {
	t.Helper()
	_, err := n.verify(text, username)
	got := edgeward.Authenticated
	if err != nil {
		got = edgeward.ReasonOf(err)
	}
	if got != want {
		t.Errorf("%s: %v (%v), want %v", rule, got, err, want)
	}
}

// TestATokenProvesItsUser within its limits, and never that they authenticated.
func TestATokenProvesItsUser(t *testing.T) {
	n := start(t)
	n.accounts.set("alice", n.alice())
	text := n.token(t, "orders:read", "orders:delete")
	for _, temperature := range []string{"cold", "warm"} {
		id, err := n.verify(text, "")
		if err != nil {
			t.Fatal(err)
		}
		if id.Issuer != provider || id.Subject != "alice" || id.Method != "personal_token" || id.APIKey == "" || !slices.Equal(id.Permissions, []string{"orders:read"}) {
			t.Errorf("%s: %+v", temperature, id)
		}
		if p := id.Profile; p.Username != "al" || !slices.Equal(p.Groups, []string{"staff"}) || p.ACR != "" || !p.AuthTime.IsZero() {
			t.Errorf("%s: profile %+v", temperature, p)
		}
	}
	if n.accounts.reads != 1 || len(n.used) != 1 || n.used[0] != provider+" alice" {
		t.Errorf("%d reads for two requests, used %q", n.accounts.reads, n.used)
	}
	n.clock.Forward(31 * time.Second)
	n.want(t, "read again", text, "", edgeward.Authenticated)
	if n.accounts.reads != 2 {
		t.Errorf("%d reads after half a minute", n.accounts.reads)
	}
}

// TestNeverMoreThanTheUser: what is taken from the account is missing at the next
// request, and comes back with it.
func TestNeverMoreThanTheUser(t *testing.T) {
	n := start(t)
	n.accounts.set("alice", n.alice())
	text := n.token(t, "orders:read", "orders:write")
	if id, err := n.verify(text, ""); err != nil || len(id.Permissions) != 2 {
		t.Fatal(id, err)
	}
	n.clock.Forward(time.Second)
	less := n.alice()
	less.Permissions, less.Profile = []string{"orders:read"}, &edgeward.Profile{}
	n.accounts.set("alice", less)
	n.accounts.changed = less.Changed
	id, err := n.verify(text, "")
	if err != nil || !slices.Equal(id.Permissions, []string{"orders:read"}) || len(id.Profile.Groups) != 0 || id.AsOf != less.Changed {
		t.Errorf("after a loss: %+v, %v", id, err)
	}
}

// TestARowReadAgainProlongsNoAccount: a client that guesses at a token has its row read
// again, and what was read of its user before is believed no longer for that.
func TestARowReadAgainProlongsNoAccount(t *testing.T) {
	n := start(t)
	n.accounts.set("alice", n.alice())
	text := n.token(t, "orders:read", "orders:delete")
	n.want(t, "cold", text, "", edgeward.Authenticated)
	n.clock.Forward(20 * time.Second)
	more := n.alice()
	more.Permissions = []string{"orders:delete", "orders:read"}
	n.accounts.set("alice", more) // a gain is not announced
	n.want(t, "a guess", otherSecret(text), "", edgeward.APIKeySecret)
	n.want(t, "the row was read again", text, "", edgeward.Authenticated)
	n.clock.Forward(11 * time.Second)
	if id, err := n.verify(text, ""); err != nil || len(id.Permissions) != 2 {
		t.Errorf("half a minute after the account was read: %+v, %v", id, err)
	}
}

// otherSecret returns a token of the same id, with another secret.
func otherSecret(of edgeward.Secret) edgeward.Secret {
	s := []byte(of.Reveal())
	secret := s[len("ew_live_")+17 : len(s)-9]
	if secret[0]++; secret[0] == 'z'+1 || secret[0] == '7'+1 {
		secret[0] = 'b'
	}
	body := string(s[:len(s)-9])
	return edgeward.NewSecret(fmt.Sprintf("%s_%08x", body, crc32.ChecksumIEEE([]byte(body))))
}

func TestAnAccountHasToBeConfirmed(t *testing.T) {
	n := start(t)
	n.accounts.set("alice", n.alice())
	text := n.token(t)
	n.clock.Forward(90*24*time.Hour - time.Second)
	n.want(t, "just before", text, "", edgeward.Authenticated)
	n.clock.Forward(time.Second)
	n.want(t, "not confirmed, warm", text, "", edgeward.PersonalUnconfirmed)
	n.clock.Forward(time.Minute)
	n.want(t, "not confirmed, cold", text, "", edgeward.PersonalUnconfirmed)
	n.accounts.set("alice", n.alice())
	n.clock.Forward(time.Minute)
	n.want(t, "signed in again", text, "", edgeward.Authenticated)
	n.clock.Forward(time.Minute)
	delete(n.accounts.of, "alice")
	n.want(t, "the account is gone", text, "", edgeward.PersonalUnconfirmed)
	n.accounts.err = errors.New("planted")
	n.want(t, "could not tell", text, "", edgeward.Unavailable)
	n.accounts.err = edgeward.TokenExpired
	n.want(t, "could not tell, with a reason of another room", text, "", edgeward.Unavailable)
	if edgeward.PersonalUnconfirmed.Problem() != "confirmation_required" || edgeward.PersonalUnconfirmed.Status() != 401 {
		t.Error("the client is not told to sign in")
	}
}

// TestUserNames: a token with another user's name is refused, and none by the name
// alone.
func TestUserNames(t *testing.T) {
	n := start(t)
	n.accounts.set("alice", n.alice())
	n.accounts.set("bob", personal.Account{Confirmed: n.clock.Now()})
	text := n.token(t)
	for username, want := range map[string]edgeward.Reason{
		"": edgeward.Authenticated, "alice": edgeward.Authenticated, "al": edgeward.Authenticated, "alice@example.com": edgeward.Authenticated,
		"bob": edgeward.PersonalUsername, "Alice": edgeward.PersonalUsername, "alice ": edgeward.PersonalUsername, "alice\x00": edgeward.PersonalUsername,
	} {
		n.want(t, "as "+username, text, username, want)
	}
	nameless := n.alice()
	nameless.Profile = nil
	n.accounts.set("alice", nameless)
	n.clock.Forward(time.Minute)
	n.want(t, "a profile that says nothing", text, "al", edgeward.PersonalUsername)
	n.want(t, "the subject", text, "alice", edgeward.Authenticated)
	if len(n.refused) != 5 || n.refused[0] != "alice personal_username" {
		t.Errorf("refusals %q", n.refused)
	}
}

func TestWhatIsNoToken(t *testing.T) {
	n := start(t)
	n.accounts.set("alice", n.alice())
	key, _, err := n.keys.Create(t.Context(), apikey.Grant{Subject: "alice", Permissions: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	n.want(t, "an operator's key", key, "", edgeward.APIKeyInvalid)
	n.want(t, "a guess", edgeward.NewSecret("ew_live_0"), "", edgeward.APIKeyInvalid)
	if n.accounts.reads != 0 {
		t.Error("a guess costs a read of the account")
	}
	if _, err := personal.New(personal.Config{}); err == nil {
		t.Error("the zero Config is accepted")
	}
	if _, err := personal.New(personal.Config{Keys: n.keys, Account: n.accounts.get}); err == nil {
		t.Error("accounts hold forever")
	}
}

// TestStorm: of requests at once with losses, none has a permission once its loss is
// announced.
func TestStorm(t *testing.T) {
	n := start(t)
	n.Used = nil
	n.accounts.set("alice", n.alice())
	text := n.token(t, "orders:read", "orders:write")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				n.accounts.mu.Lock()
				since := n.accounts.changed
				n.accounts.mu.Unlock()
				if id, err := n.verify(text, ""); err != nil || id.AsOf < since {
					t.Errorf("%+v, %v", id, err)
					return
				}
			}
		})
	}
	for range 100 {
		n.clock.Forward(time.Millisecond)
		less := n.alice()
		n.accounts.set("alice", less)
		n.accounts.mu.Lock()
		n.accounts.changed = less.Changed
		n.accounts.mu.Unlock()
	}
	wg.Wait()
}
