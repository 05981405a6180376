package issuance_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

// takingBack is every way to end what alice has.
var takingBack = map[string]func(ctx context.Context, n *issuancetest.Node, p issuance.Pair) error{
	"the family": func(ctx context.Context, n *issuancetest.Node, p issuance.Pair) error {
		return n.RevokeFamily(ctx, operator, p.Family, "")
	},
	"the family, by an entry": func(ctx context.Context, n *issuancetest.Node, p issuance.Pair) error {
		_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.Family, Value: p.Family})
		return err
	},
	"by an old refresh token": func(ctx context.Context, n *issuancetest.Node, p issuance.Pair) error {
		return n.RevokeToken(ctx, holder, p.RefreshToken, home)
	},
	"by an access token": func(ctx context.Context, n *issuancetest.Node, p issuance.Pair) error {
		return n.RevokeToken(ctx, holder, p.AccessToken, home)
	},
	"the subject": func(ctx context.Context, n *issuancetest.Node, _ issuance.Pair) error {
		_, err := n.RevokeSubject(ctx, operator, issuance.Target{Subject: "alice", Scope: revocation.Subject, Force: true})
		return err
	},
	"the issuer": func(ctx context.Context, n *issuancetest.Node, _ issuance.Pair) error {
		_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.Issuer, Value: issuancetest.Issuer})
		return err
	},
}

// Row 31: clients refresh, and rotate, while somebody takes it all back. From
// the moment on that this has succeeded no refresh begins that does, and no
// access token lives that any of them was given, before or after.
func TestNothingSlipsPastARevocation(t *testing.T) {
	for name, end := range takingBack {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				n := issuancetest.New(t)
				s := &storm{Node: n, tokens: []edgeward.Secret{mint(t, n).RefreshToken}}
				first := again(t, n, s.tokens[0])
				s.tokens = append(s.tokens, first.RefreshToken)
				var clients sync.WaitGroup
				for range 4 {
					clients.Go(func() { s.refresh(t.Context()) })
				}
				for range 2 {
					n.Clock.Forward(issuancetest.Grace) // so that they rotate
				}
				err := end(t.Context(), n, first)
				s.over.Store(true)
				clients.Wait()
				if err != nil {
					t.Fatal(err)
				}
				s.judge(t)
			}
		})
	}
}

// A storm is refreshes of one family.
type storm struct {
	*issuancetest.Node
	over atomic.Bool // what was taken back is known to be

	mu     sync.Mutex
	tokens []edgeward.Secret // refresh tokens, the newest last
	access []edgeward.Secret
	late   []string
}

// refresh goes on until it is told that all was taken back, and once more.
func (s *storm) refresh(ctx context.Context) {
	for last := false; !last; {
		last = s.over.Load()
		s.mu.Lock()
		token := s.tokens[len(s.tokens)-1]
		s.mu.Unlock()
		pair, err := s.Refresh(ctx, holder, token, all, meta)
		s.mu.Lock()
		if err == nil {
			s.tokens = append(s.tokens, pair.RefreshToken)
			s.access = append(s.access, pair.AccessToken)
		}
		if err == nil && last {
			s.late = append(s.late, fmt.Sprint(len(s.access)))
		}
		s.mu.Unlock()
	}
}

func (s *storm) judge(t *testing.T) {
	t.Helper()
	if len(s.late) > 0 {
		t.Errorf("refreshed after it was taken back: %v of %d", s.late, len(s.access))
	}
	for _, token := range append(s.access, s.tokens...) {
		if active(t, s.Node, token) {
			t.Fatal("something lives on")
		}
	}
}

// ADR 8: a refresh that is under way while somebody logs out everywhere mints a
// token that is younger than the entry. It is as old as its login.
func TestWhatARefreshMintsAfterALogoutIsDead(t *testing.T) {
	n := issuancetest.New(t)
	first := mint(t, n)
	var once sync.Once
	n.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Name == "replace" && strings.HasPrefix(o.Key, "refresh/") {
			once.Do(func() {
				if _, err := n.RevokeSubject(t.Context(), operator, issuance.Target{Subject: "alice", Scope: revocation.Subject, Force: true}); err != nil {
					t.Error(err)
				}
				n.Clock.Forward(2 * time.Second)
			})
		}
		return storetest.Fault{}
	})
	pair, err := n.Refresh(t.Context(), holder, first.RefreshToken, all, meta)
	if err != nil {
		t.Fatalf("it was under way: %v", err)
	}
	if active(t, n, pair.AccessToken) || active(t, n, pair.RefreshToken) {
		t.Error("it lives")
	}
}

// Row 22: of a session that is renewed again and again while its subject is
// logged out, nothing lives on.
func TestNoRenewalSlipsPastALogout(t *testing.T) {
	for range 50 {
		n := issuancetest.New(t)
		cookie, _ := signIn(t, n)
		var over atomic.Bool
		var client sync.WaitGroup
		client.Go(func() {
			for last := false; !last; {
				last = over.Load()
				if next, _, err := n.RenewSession(t.Context(), operator, cookie, session.Grant{Subject: "alice"}); err == nil {
					cookie = next
				}
			}
		})
		_, err := n.RevokeSubject(t.Context(), operator, issuance.Target{Subject: "alice", Scope: revocation.Subject, Force: true})
		over.Store(true)
		client.Wait()
		page, _, listed := n.ListSessions(t.Context(), "", "alice", "", 10)
		if err != nil || listed != nil || len(page) > 0 || sessionLives(n, cookie) {
			t.Fatal(len(page), err, listed)
		}
	}
}

// endings are the ways to end a session by its id.
var endings = map[string]func(ctx context.Context, n *issuancetest.Node, id string) error{
	"ended": func(ctx context.Context, n *issuancetest.Node, id string) error {
		return n.EndSession(ctx, operator, id, "")
	},
	"by its name": func(ctx context.Context, n *issuancetest.Node, id string) error {
		return n.EndObject(ctx, operator, issuance.SessionObject+id, "")
	},
	"revoked": func(ctx context.Context, n *issuancetest.Node, id string) error {
		_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.Session, Value: id})
		return err
	},
}

// Who ends a session by its id while it gets another one ends both, or the
// step-up fails, at whatever step of either that is; and an id that is seconds
// old still ends what the session has become.
func TestNoStepUpSlipsPastAnEnd(t *testing.T) {
	for way, end := range endings {
		for at := range 16 {
			for _, order := range []string{"the end meanwhile", "the step-up meanwhile"} {
				n := issuancetest.New(t)
				cookie, s := signIn(t, n)
				live := cookie
				var ended error
				first := func() {
					if next, _, err := n.RenewSession(t.Context(), operator, cookie, session.Grant{Subject: "alice"}); err == nil {
						live = next
					}
				}
				meanwhile := func() { ended = end(t.Context(), n, s.ID) }
				if order == "the step-up meanwhile" {
					first, meanwhile = meanwhile, first
				}
				operations, called := 0, false
				n.Store.Follow(func(o storetest.Operation) storetest.Fault {
					if o.Write() || strings.HasPrefix(o.Key, "session/") {
						if operations++; operations == at+1 {
							called = true
							meanwhile()
						}
					}
					return storetest.Fault{}
				})
				first()
				n.Store.Follow(nil)
				if !called {
					meanwhile()
				}
				if ended != nil || sessionLives(n, live) || sessionLives(n, cookie) {
					t.Fatalf("%s, %s at %d: %v, the new one lives: %v", way, order, at, ended, sessionLives(n, live))
				}
			}
		}
	}
}
