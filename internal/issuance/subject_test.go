package issuance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

const provider = "https://login.example"

// noFetcher is of a provider that nobody asks anything.
type noFetcher struct{}

func (noFetcher) Fetch(context.Context, openid.Request) (openid.Response, error) {
	return openid.Response{}, errors.New("no provider is asked")
}

// withProvider returns a node where users can sign in at provider, called "idp".
func withProvider(t *testing.T) *issuancetest.Node {
	n := issuancetest.New(t)
	l, err := login.New(login.Config{
		Origin: "https://app.example", Key: edgeward.NewSecret("0123456789abcdef0123456789abcdef"), Store: n.Store, Now: n.Clock.Now,
		Fetcher: noFetcher{}, Providers: []login.Provider{{Provider: openid.Provider{Name: "idp", Issuer: provider, ClientID: "edge", Keys: n.Accepts[1].Keys}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := n.Config
	cfg.SignIns = l
	if n.Authority, err = issuance.New(cfg); err != nil {
		t.Fatal(err)
	}
	return n
}

// everything gives alice one of each: sessions of us, of the provider and of
// somebody whom only the back end knows; tokens of us and through the provider;
// an API key. It returns what is alive of it.
func everything(t *testing.T, n *issuancetest.Node) (alive func() []string) {
	t.Helper()
	type sort struct {
		name  string
		lives func() bool
	}
	var all []sort
	for _, issuer := range []string{issuancetest.Issuer, provider, "https://back-end.example"} {
		cookie, _, err := n.CreateSession(t.Context(), operator, session.Grant{Issuer: issuer, Subject: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sort{"session of " + issuer, func() bool { return sessionLives(n, cookie) }})
	}
	for _, subject := range []string{"alice", issuance.Account("idp", "alice")} {
		pair, err := n.MintPair(t.Context(), operator, issuance.Grant{Subject: subject}, edgeward.Client{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sort{"tokens of " + subject, func() bool { return active(t, n, pair.AccessToken) || active(t, n, pair.RefreshToken) }})
	}
	secret, _, err := n.CreateAPIKey(t.Context(), operator, apikey.Grant{Subject: "alice", Permissions: []string{"orders:read"}})
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, sort{"API key", func() bool {
		_, err := n.AuthenticateClient(t.Context(), keyRequest(secret.Reveal()))
		return err == nil
	}})
	all = append(all, sort{"bearer token of " + issuancetest.Foreign, func() bool {
		id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: issuancetest.Foreign, Subject: "alice", IssuedAt: n.Clock.Now().Add(-time.Second)})
		return err == nil && n.Config.Revocations.Check(id) == nil
	}})
	return func() (names []string) {
		for _, one := range all {
			if one.lives() {
				names = append(names, one.name)
			}
		}
		return names
	}
}

func TestRevokingASubjectReachesTheUserWhoeverVouched(t *testing.T) {
	const (
		ours, theirs, other = "session of " + issuancetest.Issuer, "session of " + provider, "session of https://back-end.example"
		tokens, through     = "tokens of alice", "tokens of idp|alice"
		bearer, key         = "bearer token of " + issuancetest.Foreign, "API key"
	)
	for rule, row := range map[string]struct {
		target issuance.Target
		lives  []string
		ended  issuance.Ended
	}{
		"every issuer": {issuance.Target{Subject: "alice"}, nil, issuance.Ended{Sessions: 3, Families: 2, APIKeys: 1}},
		"our own alone": {issuance.Target{Subject: "alice", Issuer: issuancetest.Issuer},
			[]string{theirs, other, through, key, bearer}, issuance.Ended{Sessions: 1, Families: 1}},
		"a provider, with the tokens that came of it": {issuance.Target{Subject: "alice", Issuer: provider},
			[]string{ours, other, tokens, key, bearer}, issuance.Ended{Sessions: 1, Families: 1}},
		"an issuer of bearer tokens": {issuance.Target{Subject: "alice", Issuer: issuancetest.Foreign},
			[]string{ours, theirs, other, tokens, through, key}, issuance.Ended{}},
		"an issuer of sessions alone": {issuance.Target{Subject: "alice", Issuer: "https://back-end.example"},
			[]string{ours, theirs, tokens, through, key, bearer}, issuance.Ended{Sessions: 1}},
		"by the name that our tokens say": {issuance.Target{Subject: "idp|alice"},
			[]string{ours, other, tokens, key, bearer}, issuance.Ended{Sessions: 1, Families: 1}},
	} {
		for _, scope := range []revocation.Scope{revocation.Subject, revocation.Logout} {
			t.Run(fmt.Sprintf("%s by %s", rule, scope), func(t *testing.T) {
				n := withProvider(t)
				alive := everything(t, n)
				row.target.Scope = scope
				for _, want := range []issuance.Ended{row.ended, {}} { // nothing is left to be counted the second time
					out, err := n.RevokeSubject(t.Context(), operator, row.target)
					if err != nil || out.Ended != want || len(out.Entries) == 0 {
						t.Errorf("%+v, want %+v: %v", out.Ended, want, err)
					}
					if got := alive(); !same(got, row.lives) {
						t.Errorf("alive %q, want %q", got, row.lives)
					}
				}
			})
		}
	}
}

func same(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func TestRevokingNobodyIsNoSuccess(t *testing.T) {
	for rule, row := range map[string]struct {
		target issuance.Target
		want   error
	}{
		"a subject of whom nothing is known":     {issuance.Target{Subject: "alicia"}, issuance.ErrNobody},
		"an issuer with a slash too many":        {issuance.Target{Subject: "alice", Issuer: provider + "/"}, issuance.ErrIssuer},
		"a subject that only bearer tokens name": {issuance.Target{Subject: "alicia", Issuer: issuancetest.Foreign}, nil},
		"whoever insists":                        {issuance.Target{Subject: "alicia", Force: true}, nil},
		"whoever insists on an issuer":           {issuance.Target{Subject: "alice", Issuer: provider + "/", Force: true}, nil},
		"a reason that no entry can keep":        {issuance.Target{Subject: "alicia", Reason: string(make([]byte, 300))}, issuance.ErrGrant},
	} {
		n := withProvider(t)
		alive := everything(t, n)
		before := len(alive())
		row.target.Scope = revocation.Subject
		out, err := n.RevokeSubject(t.Context(), operator, row.target)
		if !errors.Is(err, row.want) || (err == nil) != (len(out.Entries) > 0) {
			t.Errorf("%s: %+v, %v", rule, out, err)
		}
		page, _, failed := n.ListRevocations(t.Context(), "", "", 10)
		if failed != nil || (len(page) > 0) != (row.want == nil) || len(alive()) != before {
			t.Errorf("%s: %d entries, %q alive, %v", rule, len(page), alive(), failed)
		}
	}
}

// A search that breaks off leaves nobody alive who could be found without it,
// and is no success.
func TestRevokingWithAStoreThatCannotBeRead(t *testing.T) {
	n := withProvider(t)
	alive := everything(t, n)
	n.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Name == "list" {
			return storetest.Fault{Before: storetest.ErrInjected}
		}
		return storetest.Fault{}
	})
	_, err := n.RevokeSubject(t.Context(), operator, issuance.Target{Subject: "alice", Scope: revocation.Subject})
	if !couldNotTell(err) {
		t.Errorf("%v", err)
	}
	n.Store.Follow(nil)
	if got := alive(); !same(got, []string{"session of https://back-end.example"}) {
		t.Errorf("alive: %q", got)
	}
	if out, err := n.RevokeSubject(t.Context(), operator, issuance.Target{Subject: "alice", Scope: revocation.Subject}); err != nil || out.Sessions != 1 || len(alive()) != 0 {
		t.Errorf("asked again: %+v, %v", out.Ended, err)
	}
}

// A Logout can be written by a caller who is no operator.
func TestALogoutSparesOperators(t *testing.T) {
	n := withProvider(t)
	console, err := edgeward.NewIdentity(edgeward.Identity{
		Issuer: provider, Subject: "alice", Method: issuance.MethodConsole, Session: issuance.ConsoleObject + "x", IssuedAt: n.Clock.Now(),
		Permissions: []string{adminscope.Admin},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.SignIns.Keep(t.Context(), console.Session, login.SignIn{Provider: "idp", Issuer: provider, Subject: "alice"}, n.Clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, key, err := n.CreateAPIKey(t.Context(), operator, apikey.Grant{Subject: "alice", Permissions: []string{adminscope.BansWrite}})
	if err != nil {
		t.Fatal(err)
	}
	byKey, err := edgeward.NewIdentity(edgeward.Identity{
		Issuer: apikey.DefaultIssuer, Subject: "alice", APIKey: key.ID, IssuedAt: n.Clock.Now(), Permissions: key.Permissions,
	})
	if err != nil {
		t.Fatal(err)
	}
	lives := func(id *edgeward.Identity) bool { return n.Config.Revocations.Check(id) == nil }

	out, err := n.RevokeSubject(t.Context(), operator, issuance.Target{Subject: "alice", Scope: revocation.Logout})
	if err != nil || out.Ended != (issuance.Ended{}) || !lives(console) || !lives(byKey) {
		t.Errorf("by a logout: %+v, %v; console %t, key %t", out.Ended, err, lives(console), lives(byKey))
	}
	// A session that claims such an id is no operator's.
	claimed, err := edgeward.NewIdentity(edgeward.Identity{Issuer: provider, Subject: "alice", Method: "bearer", Session: issuance.ConsoleObject + "x", IssuedAt: n.Clock.Now()})
	if err != nil || lives(claimed) {
		t.Errorf("a token with the sid of a console sign-in lives on: %v", err)
	}
	// The provider, and the user, end it all the same.
	if err := n.SignOutEverywhere(t.Context(), operator, "idp", provider, "alice", "backchannel"); err != nil || lives(console) {
		t.Errorf("signed out everywhere: %v, console %t", err, lives(console))
	}
	out, err = n.RevokeSubject(t.Context(), operator, issuance.Target{Subject: "alice", Scope: revocation.Subject})
	if err != nil || out.APIKeys != 1 || lives(byKey) {
		t.Errorf("by an administrator: %+v, %v", out.Ended, err)
	}
}

func TestSessionsOfASubjectAreListedWhoeverVouched(t *testing.T) {
	n := withProvider(t)
	want := map[string]string{}
	for i := range 7 {
		issuer := []string{issuancetest.Issuer, provider, issuancetest.Foreign}[i%3]
		_, s, err := n.CreateSession(t.Context(), operator, session.Grant{Issuer: issuer, Subject: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		want[s.ID] = issuer
	}
	for limit := 1; limit < 10; limit++ {
		got := map[string]string{}
		for after := ""; ; {
			page, next, err := n.ListSessions(t.Context(), "", "alice", after, limit)
			if err != nil || len(page) > limit {
				t.Fatalf("%d sessions, %v", len(page), err)
			}
			for _, s := range page {
				got[s.ID] = s.Issuer
			}
			if after = next; after == "" {
				break
			}
		}
		if len(got) != len(want) {
			t.Errorf("by %d: %d sessions, want %d", limit, len(got), len(want))
		}
	}
}
