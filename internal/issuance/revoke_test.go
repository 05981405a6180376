package issuance_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store/storetest"
)

// TestTakingBack: success means that the credential is dead on this node, now.
func TestTakingBack(t *testing.T) {
	ctx := context.Background()
	for rule, row := range map[string]struct {
		// make issues a credential and returns its id, how it is taken back, and
		// whether it lives.
		make func(t *testing.T, n *issuancetest.Node) (takeBack func() error, alive func() bool)
		row  string // what its rows begin with, "" for none
		once bool   // taking it back again is not audited: its holder can do that all day
	}{
		"family": {func(t *testing.T, n *issuancetest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error { return n.RevokeFamily(ctx, operator, p.Family, "") },
				func() bool { return active(t, n, p.AccessToken) || active(t, n, p.RefreshToken) }
		}, "refresh/", false},
		"family by entry": {func(t *testing.T, n *issuancetest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error {
					_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.Family, Value: p.Family})
					return err
				}, func() bool {
					f, _ := n.Family(ctx, p.Family)
					return f.RevokedAt.IsZero() || active(t, n, p.AccessToken)
				}
		}, "refresh/", false},
		"subject": {func(t *testing.T, n *issuancetest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error {
					_, err := n.RevokeSubject(ctx, operator, issuance.Target{Issuer: issuancetest.Issuer, Subject: "alice", Scope: revocation.Subject, Force: true})
					return err
				},
				func() bool { return active(t, n, p.AccessToken) || active(t, n, p.RefreshToken) }
		}, "", false},
		"refresh token": {func(t *testing.T, n *issuancetest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error { return n.RevokeToken(ctx, holder, p.RefreshToken, home) },
				func() bool { return active(t, n, p.AccessToken) || active(t, n, p.RefreshToken) }
		}, "refresh/", true},
		"access token": {func(t *testing.T, n *issuancetest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error { return n.RevokeToken(ctx, holder, p.AccessToken, home) },
				func() bool { return active(t, n, p.AccessToken) || active(t, n, p.RefreshToken) }
		}, "refresh/", true},
		"session": {func(t *testing.T, n *issuancetest.Node) (func() error, func() bool) {
			cookie, s := signIn(t, n)
			return func() error { return n.EndSession(ctx, operator, s.ID, "") },
				func() bool { return sessionLives(n, cookie) }
		}, "session/", false},
		"session by entry": {func(t *testing.T, n *issuancetest.Node) (func() error, func() bool) {
			cookie, s := signIn(t, n)
			return func() error {
				_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.Session, Value: s.ID})
				return err
			}, func() bool { return sessionLives(n, cookie) }
		}, "session/", false},
		"API key": {func(t *testing.T, n *issuancetest.Node) (func() error, func() bool) {
			secret, key := createKey(t, n)
			return func() error { return n.RevokeAPIKey(ctx, operator, key.ID, "") },
				func() bool { _, err := n.AuthenticateClient(ctx, keyRequest(secret)); return err == nil }
		}, "apikey/", false},
		"API key by entry": {func(t *testing.T, n *issuancetest.Node) (func() error, func() bool) {
			secret, key := createKey(t, n)
			return func() error {
				_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.APIKey, Value: key.ID})
				return err
			}, func() bool { _, err := n.AuthenticateClient(ctx, keyRequest(secret)); return err == nil }
		}, "apikey/", false},
	} {
		t.Run(rule, func(t *testing.T) {
			n := issuancetest.New(t)
			takeBack, alive := row.make(t, n)
			if !alive() {
				t.Fatal("dead from the beginning")
			}
			audited := len(n.Audit.Records())
			for _, prefix := range []string{row.row, "revoked/"} {
				if prefix == "" {
					continue
				}
				n.Store.Follow(writesTo(prefix))
				if err := takeBack(); !couldNotTell(err) {
					t.Errorf("no writes to %s: success was reported, or a refusal: %v", prefix, err)
				}
			}
			if got := len(n.Audit.Records()); got != audited {
				t.Errorf("audited what was not known to have happened: %+v", n.Audit.Records()[audited:])
			}
			n.Store.Follow(nil)
			for range 2 {
				if err := takeBack(); err != nil {
					t.Fatalf("with the store back: %v", err)
				}
				if alive() {
					t.Fatal("it lives")
				}
			}
			want := audited + 2
			if row.once {
				want--
			}
			if got := n.Audit.Records(); len(got) != want || got[audited].Object == "" {
				t.Errorf("audited %+v", got)
			}
		})
	}
}

func TestLoggingOutEverywhereEndsSessionsToo(t *testing.T) {
	n := issuancetest.New(t)
	cookie, _ := signIn(t, n)
	if _, err := n.RevokeSubject(t.Context(), operator, issuance.Target{Subject: "alice", Scope: revocation.Subject, Reason: "stolen laptop", Force: true}); err != nil {
		t.Fatal(err)
	}
	if sessionLives(n, cookie) {
		t.Error("the session lives")
	}
	n.Clock.Forward(2 * time.Second)
	if cookie, _ := signIn(t, n); !sessionLives(n, cookie) {
		t.Error("a later sign-in is dead too")
	}
	if pair := mint(t, n); !active(t, n, pair.AccessToken) || !active(t, n, again(t, n, pair.RefreshToken).RefreshToken) {
		t.Error("a later pair is dead too")
	}
}

func TestRevokingWhatIsNoTokenOfOurs(t *testing.T) {
	n := issuancetest.New(t)
	pair := mint(t, n)
	secret, _ := createKey(t, n)
	foreign := "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJodHRwczovL290aGVyLmV4YW1wbGUiLCJzdWIiOiJhIn0.AAAA"
	access := pair.AccessToken.Reveal()
	forged := access[:len(access)-4] + "AAAA"
	for rule, row := range map[string]struct {
		token string
		err   error
		told  int
	}{
		"nothing of ours is dead":   {"rubbish", nil, 1},
		"a forged refresh token":    {"ewr_" + strings.Repeat("A", 64), nil, 1},
		"a forged access token":     {forged, nil, 1},
		"an API key lives on":       {secret, issuance.ErrTokenType, 0},
		"a session cookie lives on": {"ews_x", issuance.ErrTokenType, 0},
		"another issuer's lives on": {foreign, issuance.ErrTokenType, 0},
	} {
		before := len(n.Limits.Told(home))
		if err := n.RevokeToken(t.Context(), holder, edgeward.NewSecret(row.token), home); !errors.Is(err, row.err) {
			t.Errorf("%s: %v", rule, err)
		}
		if told := len(n.Limits.Told(home)) - before; told != row.told {
			t.Errorf("%s: told %d refusals", rule, told)
		}
	}
	if !active(t, n, pair.AccessToken) {
		t.Error("a forged token revoked the real one")
	}
	page, err := n.Store.List(t.Context(), "refresh/", "", 1)
	if err != nil || n.Store.Delete(t.Context(), page[0].Key) != nil {
		t.Fatal(err)
	}
	before := len(n.Audit.Records())
	for range 3 {
		if err := n.RevokeToken(t.Context(), holder, pair.RefreshToken, home); err != nil {
			t.Errorf("a family that is not there: %v", err)
		}
	}
	if active(t, n, pair.AccessToken) {
		t.Error("without the family's row its access token lives on")
	}
	if got := len(n.Audit.Records()) - before; got != 1 {
		t.Errorf("audited %d times", got)
	}
}

// says is a verifier with one answer.
type says struct {
	id  *edgeward.Identity
	err error
}

func (s says) Verify(context.Context, *edgeward.Request, edgeward.Credential) (*edgeward.Identity, error) {
	return s.id, s.err
}

func TestRevokingAnAccessToken(t *testing.T) {
	n := issuancetest.New(t)
	nameless, err := edgeward.NewIdentity(edgeward.Identity{Issuer: issuancetest.Issuer, Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		tokens says
		want   error
	}{
		"could not tell is not revoked": {says{nil, storetest.ErrInjected}, storetest.ErrInjected},
		"nothing to name it by":         {says{nameless, nil}, issuance.ErrTokenType},
	} {
		cfg := n.Config
		cfg.Tokens = row.tokens
		a, err := issuance.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.RevokeToken(t.Context(), holder, edgeward.NewSecret("x"), home); !errors.Is(err, row.want) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// Of a token that belongs to no family, its jti is revoked, once.
func TestRevokingAnAccessTokenAlone(t *testing.T) {
	n := issuancetest.New(t)
	until := n.Clock.Now().Add(time.Hour).Truncate(time.Second)
	alone, err := edgeward.NewIdentity(edgeward.Identity{
		Issuer: issuancetest.Issuer, Subject: "alice", TokenID: "t", IssuedAt: n.Clock.Now(), Expires: until,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := n.Config
	cfg.Tokens = says{alone, nil}
	a, err := issuance.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := a.RevokeToken(t.Context(), holder, edgeward.NewSecret("x"), home); err != nil {
			t.Fatal(err)
		}
	}
	page, _, err := n.ListRevocations(t.Context(), revocation.Token, "", 10)
	if err != nil || len(page) != 1 || !page[0].Expires.Equal(until) {
		t.Errorf("kept for longer than the token can live: %+v, %v", page, err)
	}
	if got := n.Audit.Records(); len(got) != 1 {
		t.Errorf("audited %+v", got)
	}
}

// TestRevokingAccessTokensFillsNothing: who has one access token after the
// other revoked writes one entry and one record, whatever their number.
func TestRevokingAccessTokensFillsNothing(t *testing.T) {
	n := issuancetest.New(t)
	first := mint(t, n)
	pairs := []issuance.Pair{first}
	for range 5 {
		pairs = append(pairs, again(t, n, first.RefreshToken)) // within the grace
	}
	before := len(n.Audit.Records())
	for range 3 {
		for _, p := range pairs {
			if err := n.RevokeToken(t.Context(), holder, p.AccessToken, home); err != nil {
				t.Fatal(err)
			}
			if active(t, n, p.AccessToken) || active(t, n, p.RefreshToken) {
				t.Fatal("it lives")
			}
		}
	}
	if _, err := n.Refresh(t.Context(), holder, first.RefreshToken, all, meta); !errors.Is(err, edgeward.RefreshRevoked) {
		t.Errorf("there is another token to revoke: %v", err)
	}
	page, _, err := n.ListRevocations(t.Context(), "", "", 100)
	if err != nil || len(page) != 1 || page[0].Scope != revocation.Family {
		t.Errorf("entries %+v, %v", page, err)
	}
	if got := n.Audit.Records()[before:]; len(got) != 1 {
		t.Errorf("audited %+v", got)
	}
}

// What a family, a session or a key of another system is called revokes that,
// and needs no row of ours.
func TestRevokingWhatHasNoRow(t *testing.T) {
	n := issuancetest.New(t)
	for _, scope := range []revocation.Scope{revocation.Session, revocation.Family, revocation.APIKey} {
		if _, err := n.Revoke(t.Context(), operator, revocation.Entry{Scope: scope, Value: "theirs"}); err != nil {
			t.Errorf("%s: %v", scope, err)
		}
	}
	if _, err := n.Revoke(t.Context(), operator, revocation.Entry{Scope: "x", Value: "y"}); !errors.Is(err, issuance.ErrGrant) {
		t.Errorf("an entry that names nothing: %v", err)
	}
	if err := n.RevokeFamily(t.Context(), operator, "theirs", ""); !errors.Is(err, issuance.ErrUnknown) || couldNotTell(err) == false {
		t.Errorf("a family that is not there: %v", err)
	}
}

// A refused entry has ended nothing, whatever it names.
func TestARefusedRevocationEndsNothing(t *testing.T) {
	n := issuancetest.New(t)
	pair := mint(t, n)
	_, key, err := n.CreateAPIKey(t.Context(), holder, apikey.Grant{Subject: "robot"})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("長", 100)
	if err := n.RevokeAPIKey(t.Context(), holder, key.ID, long); !errors.Is(err, issuance.ErrGrant) {
		t.Errorf("a key: %v", err)
	}
	for _, e := range []revocation.Entry{
		{Scope: revocation.APIKey, Value: key.ID, Reason: long},
		{Scope: revocation.Family, Value: pair.Family, Reason: long},
	} {
		if _, err := n.Revoke(t.Context(), holder, e); !errors.Is(err, issuance.ErrGrant) {
			t.Errorf("%s: %v", e.Scope, err)
		}
	}
	if k, err := n.APIKey(t.Context(), key.ID); err != nil || !k.Revoked.IsZero() {
		t.Errorf("the key: %+v, %v", k, err)
	}
	if !active(t, n, pair.RefreshToken) || !active(t, n, pair.AccessToken) {
		t.Error("the family has ended")
	}
}
