package issuance_test

import (
	"context"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store/storetest"
)

// Whoever hangs up in the middle of taking something back has taken it back,
// with what was derived from it, and the audit log knows.
func TestHangingUpLeavesNothingHalfDone(t *testing.T) {
	type takeBack func(ctx context.Context, n *issuancetest.Node) error
	for name, prepare := range map[string]func(t *testing.T, n *issuancetest.Node) (takeBack, func() bool){
		"an old refresh token comes back": func(t *testing.T, n *issuancetest.Node) (takeBack, func() bool) {
			first := mint(t, n)
			second := again(t, n, first.RefreshToken)
			n.Clock.Forward(issuancetest.Grace)
			return func(ctx context.Context, n *issuancetest.Node) error {
				_, err := n.Refresh(ctx, holder, first.RefreshToken, all, meta)
				if edgeward.ReasonOf(err) == edgeward.RefreshReused {
					return nil
				}
				return err
			}, func() bool { return active(t, n, second.AccessToken) || active(t, n, second.RefreshToken) }
		},
		"a refresh token is given back": func(t *testing.T, n *issuancetest.Node) (takeBack, func() bool) {
			p := mint(t, n)
			return func(ctx context.Context, n *issuancetest.Node) error {
				return n.RevokeToken(ctx, holder, p.RefreshToken, home)
			}, func() bool { return active(t, n, p.AccessToken) || active(t, n, p.RefreshToken) }
		},
		"a family is revoked by an entry": func(t *testing.T, n *issuancetest.Node) (takeBack, func() bool) {
			p := mint(t, n)
			return func(ctx context.Context, n *issuancetest.Node) error {
				_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.Family, Value: p.Family})
				return err
			}, func() bool { return active(t, n, p.AccessToken) }
		},
		"a session is ended": func(t *testing.T, n *issuancetest.Node) (takeBack, func() bool) {
			cookie, s := signIn(t, n)
			return func(ctx context.Context, n *issuancetest.Node) error {
				return n.EndSession(ctx, operator, s.ID, "")
			}, func() bool { return sessionLives(n, cookie) }
		},
		"an API key is revoked": func(t *testing.T, n *issuancetest.Node) (takeBack, func() bool) {
			secret, key := createKey(t, n)
			return func(ctx context.Context, n *issuancetest.Node) error {
				return n.RevokeAPIKey(ctx, operator, key.ID, "")
			}, func() bool { _, err := n.AuthenticateClient(t.Context(), keyRequest(secret)); return err == nil }
		},
	} {
		for _, write := range []string{"refresh/", "session/", "apikey/", "revoked/"} {
			t.Run(name+", at the write of "+write, func(t *testing.T) {
				n := issuancetest.New(t)
				do, lives := prepare(t, n)
				audited := len(n.Audit.Records())
				ctx, hangUp := context.WithCancel(t.Context())
				defer hangUp()
				n.Store.Follow(func(o storetest.Operation) storetest.Fault {
					if o.Write() && strings.HasPrefix(o.Key, write) {
						hangUp()
					}
					return storetest.Fault{}
				})
				if err := do(ctx, n); err != nil {
					t.Error(err)
				}
				if lives() {
					t.Error("it lives on")
				}
				if n := len(n.Audit.Records()) - audited; n != 1 {
					t.Errorf("audited %d times", n)
				}
			})
		}
	}
}
