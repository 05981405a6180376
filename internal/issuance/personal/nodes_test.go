package personal_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/personal"
	"github.com/edgeward/edgeward/internal/keep/account"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store/memstore"
)

// A process is one node over a store that others share, with its own caches.
type process struct {
	*personal.Verifier
	keys        *apikey.Keys
	accounts    *account.Accounts
	revocations *revocation.Log
}

func newProcess(t *testing.T, rows *memstore.Store) *process {
	t.Helper()
	n := &process{}
	secret := edgeward.NewSecret(strings.Repeat("s", 32))
	var err error
	if n.keys, err = apikey.New(apikey.Config{Store: rows, Pepper: secret, Environment: "live"}); err != nil {
		t.Fatal(err)
	}
	if n.accounts, err = account.New(account.Config{Store: rows, Key: secret}); err != nil {
		t.Fatal(err)
	}
	if n.revocations, err = revocation.New(revocation.Config{Store: rows, Exempt: issuance.ExemptFromLogout}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = n.revocations.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	n.Verifier, err = personal.New(personal.Config{
		Keys: n.keys, Superseded: n.revocations.Superseded, ConfirmWithin: time.Hour,
		Account: func(ctx context.Context, issuer, subject string) (personal.Account, error) {
			of, err := n.accounts.Get(ctx, issuer, subject)
			if errors.Is(err, account.ErrUnknown) {
				err = personal.ErrNoAccount
			}
			return personal.Account{Permissions: of.Permissions, Profile: of.Profile, Changed: of.Changed, Confirmed: of.Checked}, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// says is what the provider says of alice.
func (n *process) says(t *testing.T, permissions ...string) {
	t.Helper()
	said := account.Said{Issuer: provider, Subject: "alice", Permissions: permissions, Profile: edgeward.Profile{Username: "al"}, At: time.Now()}
	announce := func(ctx context.Context, a account.Account) error {
		return n.revocations.Announce(ctx, a.Issuer, a.Subject, a.Changed)
	}
	if _, err := n.accounts.Put(t.Context(), said, announce); err != nil {
		t.Fatal(err)
	}
}

// settles waits until a request is answered as it should be: a node hears of others
// within its lag.
func (n *process) settles(t *testing.T, what string, token edgeward.Secret, holds func(*edgeward.Identity, error) bool) {
	t.Helper()
	var id *edgeward.Identity
	var err error
	for range 2000 {
		id, err = n.Verify(t.Context(), &edgeward.Request{}, edgeward.Credential{Value: token})
		if err == nil {
			err = n.revocations.Check(id)
		}
		if holds(id, err) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%s: %+v, %v", what, id, err)
}

// TestTwoNodes: what the account loses, and what ends a token or its user, holds at
// each node, with warm caches; what signs the user out leaves the token.
func TestTwoNodes(t *testing.T) {
	rows := memstore.New(memstore.Config{})
	here, there := newProcess(t, rows), newProcess(t, rows)
	here.says(t, "orders:read", "orders:write")
	may := func(want ...string) func(*edgeward.Identity, error) bool {
		return func(id *edgeward.Identity, err error) bool { return err == nil && slices.Equal(id.Permissions, want) }
	}
	revoked := func(_ *edgeward.Identity, err error) bool { return errors.Is(err, edgeward.CredentialRevoked) }
	make := func() (edgeward.Secret, string) {
		secret, k, err := here.keys.CreatePersonal(t.Context(), apikey.Grant{
			Issuer: provider, Subject: "alice", Permissions: []string{"orders:read", "orders:write"}, Expires: time.Now().Add(time.Hour),
		}, 5)
		if err != nil {
			t.Fatal(err)
		}
		return secret, k.ID
	}
	token, id := make()
	for _, n := range []*process{here, there} {
		n.settles(t, "at first", token, may("orders:read", "orders:write"))
	}
	here.says(t, "orders:read")
	here.settles(t, "a loss, where it was found", token, may("orders:read"))
	there.settles(t, "a loss, elsewhere", token, may("orders:read"))
	second, _ := make()
	time.Sleep(2 * time.Millisecond) // the entries are later than both
	if _, err := here.revocations.Revoke(t.Context(), revocation.Entry{Scope: revocation.Logout, Issuer: provider, Value: "alice"}); err != nil {
		t.Fatal(err)
	}
	if _, err := here.revocations.Revoke(t.Context(), revocation.Entry{Scope: revocation.APIKey, Value: id}); err != nil {
		t.Fatal(err)
	}
	there.settles(t, "ended", token, revoked)
	there.settles(t, "signed out", second, may("orders:read")) // the entry before has arrived
	time.Sleep(2 * time.Millisecond)
	if _, err := there.revocations.Revoke(t.Context(), revocation.Entry{Scope: revocation.Subject, Issuer: provider, Value: "alice"}); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*process{here, there} {
		n.settles(t, "the user was revoked", second, revoked)
	}
}

// TestLossesUnderLoad: requests on two nodes while permissions come and go, and after
// the last loss none has what was lost.
func TestLossesUnderLoad(t *testing.T) {
	rows := memstore.New(memstore.Config{})
	nodes := []*process{newProcess(t, rows), newProcess(t, rows)}
	nodes[0].says(t, "orders:read", "orders:write")
	secret, _, err := nodes[0].keys.CreatePersonal(t.Context(), apikey.Grant{
		Issuer: provider, Subject: "alice", Permissions: []string{"orders:read", "orders:write"}, Expires: time.Now().Add(time.Hour),
	}, 5)
	if err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	done := make(chan struct{})
	for i := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for !stop.Load() {
				if _, err := nodes[i%2].Verify(context.Background(), &edgeward.Request{}, edgeward.Credential{Value: secret}); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	for i := range 20 {
		if i%2 == 0 {
			nodes[1].says(t, "orders:read")
		} else {
			nodes[1].says(t, "orders:read", "orders:write")
		}
	}
	nodes[1].says(t, "orders:read")
	for _, n := range nodes {
		n.settles(t, "after the last loss", secret, func(id *edgeward.Identity, err error) bool { return err == nil && !id.Has("orders:write") })
	}
	stop.Store(true)
	for range 4 {
		<-done
	}
}
