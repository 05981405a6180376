package authority_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/authority"
	"github.com/edgeward/edgeward/internal/authority/authoritytest"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

var (
	operator = authority.By{Actor: "api_key:k1", RequestID: "r1"}
	holder   = authority.By{Actor: "client", RequestID: "r2"}
	alice    = authority.Grant{Subject: "alice", Permissions: []string{"read", "write"}, ClientID: "app"}
	home     = netip.MustParseAddr("192.0.2.1")
	meta     = refresh.Meta{ClientIP: home, UserAgent: "Mozilla/5.0"}
	all      = authority.Narrowing{}
)

func mint(t *testing.T, n *authoritytest.Node) authority.Pair {
	t.Helper()
	pair, err := n.MintPair(t.Context(), operator, alice, meta)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func again(t *testing.T, n *authoritytest.Node, token edgeward.Secret) authority.Pair {
	t.Helper()
	pair, err := n.Refresh(t.Context(), holder, token, all, meta)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// active asks whether a token is alive.
func active(t *testing.T, n *authoritytest.Node, token edgeward.Secret) bool {
	t.Helper()
	what, err := n.Introspect(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return what.Active
}

func couldNotTell(err error) bool {
	return err != nil && edgeward.ReasonOf(err) == edgeward.Unavailable
}

// writesTo is the plan of a store that takes no writes under a prefix.
func writesTo(prefix string) storetest.Plan {
	return func(o storetest.Operation) storetest.Fault {
		if o.Write() && strings.HasPrefix(o.Key, prefix) {
			return storetest.Fault{Before: storetest.ErrInjected}
		}
		return storetest.Fault{}
	}
}

func TestAPairSaysWhatWasGranted(t *testing.T) {
	n := authoritytest.New(t)
	first := mint(t, n)
	for _, pair := range []authority.Pair{first, again(t, n, first.RefreshToken)} {
		if pair.Subject != "alice" || pair.Family != first.Family || !pair.RefreshExpires.Equal(first.RefreshExpires) {
			t.Errorf("pair %+v", pair)
		}
		access, err := n.Introspect(t.Context(), pair.AccessToken)
		if err != nil || !access.Active || access.Subject != "alice" || access.Issuer != authoritytest.Issuer || access.ClientID != "app" ||
			access.Session != first.Family || strings.Join(access.Permissions, " ") != "read write" || !access.Expires.Equal(pair.AccessExpires) {
			t.Errorf("access token %+v, %v", access, err)
		}
		refresh, err := n.Introspect(t.Context(), pair.RefreshToken)
		if err != nil || !refresh.Active || !refresh.Refresh || refresh.Subject != "alice" || refresh.Session != first.Family {
			t.Errorf("refresh token %+v, %v", refresh, err)
		}
	}
	want := authority.Record{Actor: "api_key:k1", Action: "tokens.create", Object: "family/" + first.Family, RequestID: "r1"}
	if got := n.Audit.Records(); len(got) != 1 || got[0] != want {
		t.Errorf("audited %+v", got)
	}
}

func TestNarrowing(t *testing.T) {
	for rule, row := range map[string]struct {
		n      authority.Narrowing
		scope  string
		reason edgeward.Reason // Undecided: none
	}{
		"nothing said is all":         {all, "read write", edgeward.Undecided},
		"the right client":            {authority.Narrowing{ClientID: "app"}, "read write", edgeward.Undecided},
		"another client":              {authority.Narrowing{ClientID: "evil"}, "", edgeward.RefreshInvalid},
		"less than granted":           {authority.Narrowing{Permissions: []string{"read"}}, "read", edgeward.Undecided},
		"more than granted":           {authority.Narrowing{Permissions: []string{"admin", "read"}}, "", edgeward.InsufficientScope},
		"a token of nobody's, a name": {authority.Narrowing{ClientID: "app"}, "", edgeward.RefreshInvalid},
	} {
		t.Run(rule, func(t *testing.T) {
			n := authoritytest.New(t)
			pair := mint(t, n)
			token := pair.RefreshToken
			if strings.Contains(rule, "nobody") {
				token = edgeward.NewSecret("ewr_x")
			}
			got, err := n.Refresh(t.Context(), holder, token, row.n, meta)
			if row.reason != edgeward.Undecided {
				if !errors.Is(err, row.reason) {
					t.Fatalf("error %v", err)
				}
				// What was refused did not use the token up.
				if family, err := n.Family(t.Context(), pair.Family); err != nil || family.Generation != 1 {
					t.Errorf("family %+v, %v", family, err)
				}
				return
			}
			if err != nil || strings.Join(got.Permissions, " ") != row.scope {
				t.Fatalf("permissions %v, %v", got.Permissions, err)
			}
			if access, _ := n.Introspect(t.Context(), got.AccessToken); strings.Join(access.Permissions, " ") != row.scope {
				t.Errorf("access token permits %v", access.Permissions)
			}
		})
	}
}

// TestReuse: row 31 of the attack list. Theft ends the family, with the access
// tokens that it gave, and is audited once with its class.
func TestReuse(t *testing.T) {
	n := authoritytest.New(t)
	first := mint(t, n)
	second := again(t, n, first.RefreshToken)
	n.Clock.Forward(authoritytest.Grace)
	for range 3 {
		if _, err := n.Refresh(t.Context(), holder, first.RefreshToken, all, meta); edgeward.ReasonOf(err).Problem() != "invalid_grant" {
			t.Fatalf("error %v", err)
		}
	}
	for name, token := range map[string]edgeward.Secret{
		"access": second.AccessToken, "older access": first.AccessToken, "refresh": second.RefreshToken,
	} {
		if active(t, n, token) {
			t.Errorf("the %s token lives", name)
		}
	}
	want := authority.Record{
		Actor: "client", Action: "tokens.revoke", Object: "family/" + first.Family,
		Reason: "refresh_reused", Class: "reused", RequestID: "r2",
	}
	if got := n.Audit.Records(); len(got) != 2 || got[1] != want {
		t.Errorf("audited %+v", got)
	}
	if told := n.Limits.Told(home); len(told) != 0 {
		t.Errorf("counted as guesses: %v", told)
	}
}

// Reuse was found, but the access tokens are not known to be dead: the answer
// is not final, and asking again makes up for it.
func TestReuseIsNotOverBeforeTheAccessTokensAreDead(t *testing.T) {
	n := authoritytest.New(t)
	first := mint(t, n)
	second := again(t, n, first.RefreshToken)
	n.Clock.Forward(authoritytest.Grace)
	n.Store.Follow(writesTo("revoked/"))
	for range 2 {
		if _, err := n.Refresh(t.Context(), holder, first.RefreshToken, all, meta); !couldNotTell(err) {
			t.Fatalf("error %v", err)
		}
	}
	n.Store.Follow(nil)
	if _, err := n.Refresh(t.Context(), holder, second.RefreshToken, all, meta); !errors.Is(err, edgeward.RefreshRevoked) {
		t.Fatalf("error %v", err)
	}
	if active(t, n, second.AccessToken) {
		t.Error("the access token lives")
	}
	n.Store.Follow(writesTo("")) // and a thief who keeps knocking causes no writes
	if _, err := n.Refresh(t.Context(), holder, first.RefreshToken, all, meta); !errors.Is(err, edgeward.RefreshRevoked) {
		t.Errorf("error %v", err)
	}
}

func TestAFamilyRevokedLongAgoCausesNoWrites(t *testing.T) {
	n := authoritytest.New(t)
	pair := mint(t, n)
	if err := n.Families.Revoke(t.Context(), pair.Family, "logout"); err != nil {
		t.Fatal(err)
	}
	n.Clock.Forward(24*time.Hour + time.Second)
	n.Store.Follow(writesTo(""))
	if _, err := n.Refresh(t.Context(), holder, pair.RefreshToken, all, meta); !errors.Is(err, edgeward.RefreshRevoked) {
		t.Errorf("error %v", err)
	}
}

func TestWhatCannotBeSignedUsesNoTokenUp(t *testing.T) {
	n := authoritytest.New(t)
	pair := mint(t, n)
	cfg := n.Config
	minter := *cfg.Minter
	minter.Ring = emptyRing(t, n)
	cfg.Minter = &minter
	broken, err := authority.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := broken.Refresh(t.Context(), holder, pair.RefreshToken, all, meta); !couldNotTell(err) {
		t.Errorf("error %v", err)
	}
	if family, err := n.Family(t.Context(), pair.Family); err != nil || family.Generation != 1 {
		t.Errorf("family %+v, %v", family, err)
	}
}

func TestOnlyForgedRefreshTokensCount(t *testing.T) {
	n := authoritytest.New(t)
	pair := mint(t, n)
	forged := pair.RefreshToken.Reveal()
	forged = forged[:len(forged)-1] + string(forged[len(forged)-1]^1)
	try := func(token string) {
		if _, err := n.Refresh(t.Context(), holder, edgeward.NewSecret(token), all, meta); err == nil {
			t.Fatal("refreshed")
		}
	}
	try(forged)
	if _, err := n.Refresh(t.Context(), holder, edgeward.NewSecret(forged), authority.Narrowing{ClientID: "app"}, meta); err == nil {
		t.Fatal("refreshed")
	}
	if told := n.Limits.Told(home); len(told) != 2 || told[0] != edgeward.RefreshInvalid {
		t.Errorf("told %v", told)
	}
	n.Clock.Forward(refresh.DefaultLifetime)
	try(pair.RefreshToken.Reveal())
	n.Store.Follow(storetest.Down)
	try(pair.RefreshToken.Reveal())
	if told := n.Limits.Told(home); len(told) != 2 {
		t.Errorf("told %v", told)
	}
}

func TestNoAccessTokenOutlivesItsFamily(t *testing.T) {
	n := authoritytest.New(t)
	pair := mint(t, n)
	n.Clock.Forward(refresh.DefaultLifetime - time.Minute)
	if last := again(t, n, pair.RefreshToken); last.AccessExpires.After(pair.RefreshExpires) || !last.RefreshExpires.Equal(pair.RefreshExpires) {
		t.Errorf("the family ends at %v, the access token at %v", pair.RefreshExpires, last.AccessExpires)
	}
}

func TestWhoGuessedTooOftenWaits(t *testing.T) {
	n := authoritytest.New(t)
	pair := mint(t, n)
	n.Limits.Block(home)
	_, refreshed := n.Refresh(t.Context(), holder, pair.RefreshToken, all, meta)
	_, called := n.Caller(t.Context(), keyRequest("ew_test_x_y_z"))
	for name, err := range map[string]error{
		"refresh": refreshed, "revoke": n.RevokeToken(t.Context(), holder, pair.RefreshToken, home), "caller": called,
	} {
		if blocked, ok := errors.AsType[*edgeward.BlockedError](err); !ok || blocked.RetryAfter != 6*time.Minute {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := n.Caller(t.Context(), &edgeward.Request{ClientIP: home}); !errors.Is(err, edgeward.CredentialMissing) {
		t.Errorf("who presents nothing cannot guess: %v", err)
	}
	if page, _, err := n.ListBans("", 10); err != nil || len(page) != 1 {
		t.Errorf("bans %v, %v", page, err)
	}
	source := netip.PrefixFrom(home, 32)
	if err := n.ClearBan(t.Context(), operator, source); err != nil {
		t.Error(err)
	}
	if err := n.ClearBan(t.Context(), operator, source); !errors.Is(err, authority.ErrUnknown) {
		t.Errorf("clearing nothing: %v", err)
	}
	if !active(t, n, pair.RefreshToken) {
		t.Error("the token did not survive")
	}
}

func keyRequest(key string) *edgeward.Request {
	return &edgeward.Request{ClientIP: home, Header: edgeward.Header{"X-Api-Key": {key}}}
}

func createKey(t *testing.T, n *authoritytest.Node, permissions ...string) (string, apikey.Key) {
	t.Helper()
	secret, key, err := n.CreateAPIKey(t.Context(), operator, apikey.Grant{Subject: "ops", Name: "test", Permissions: permissions})
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal(), key
}

func TestCaller(t *testing.T) {
	n := authoritytest.New(t)
	secret, key := createKey(t, n, "introspect")
	id, err := n.Caller(t.Context(), keyRequest(secret))
	if err != nil || id.APIKey != key.ID || len(n.Limits.Cleared()) != 1 {
		t.Fatalf("%+v, %v, cleared %v", id, err, n.Limits.Cleared())
	}
	for rule, row := range map[string]struct {
		scopes []string
		ok     bool
	}{
		"the scope":     {[]string{"introspect"}, true},
		"one of scopes": {[]string{"x", "introspect"}, true},
		"another scope": {[]string{"sessions:write"}, false},
		"none, admin":   {nil, false},
	} {
		if err := authority.Permit(id, row.scopes...); (err == nil) != row.ok || err != nil && !errors.Is(err, edgeward.InsufficientScope) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	_, other := createKey(t, n, "x")
	wrong := strings.Replace(secret, key.ID, other.ID, 1)
	if _, err := n.Caller(t.Context(), keyRequest(wrong)); err == nil || len(n.Limits.Told(home)) != 1 {
		t.Errorf("a wrong key: %v, told %v", err, n.Limits.Told(home))
	}
	// Revoked elsewhere: the row is cached here, the revocation is not asked of it.
	if _, err := n.Config.Revocations.Revoke(t.Context(), revocation.Entry{Scope: revocation.APIKey, Value: key.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Caller(t.Context(), keyRequest(secret)); !errors.Is(err, edgeward.CredentialRevoked) {
		t.Errorf("revoked: %v", err)
	}
}

func TestAdminMayDoEverything(t *testing.T) {
	n := authoritytest.New(t)
	secret, _ := createKey(t, n, authority.ScopeAdmin)
	id, err := n.Caller(t.Context(), keyRequest(secret))
	if err != nil || authority.Permit(id, "sessions:write") != nil {
		t.Error(err)
	}
}

// TestTakingBack: success means that the credential is dead on this node, now.
func TestTakingBack(t *testing.T) {
	ctx := context.Background()
	for rule, row := range map[string]struct {
		// make issues a credential and returns its id, how it is taken back, and
		// whether it lives.
		make func(t *testing.T, n *authoritytest.Node) (takeBack func() error, alive func() bool)
		row  string // what its rows begin with, "" for none
	}{
		"family": {func(t *testing.T, n *authoritytest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error { return n.RevokeFamily(ctx, operator, p.Family, "") },
				func() bool { return active(t, n, p.AccessToken) || active(t, n, p.RefreshToken) }
		}, "refresh/"},
		"family by entry": {func(t *testing.T, n *authoritytest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error {
					_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.Family, Value: p.Family})
					return err
				}, func() bool {
					f, _ := n.Family(ctx, p.Family)
					return f.RevokedAt.IsZero() || active(t, n, p.AccessToken)
				}
		}, "refresh/"},
		"subject": {func(t *testing.T, n *authoritytest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error { _, err := n.LogoutEverywhere(ctx, operator, "", "alice", ""); return err },
				func() bool { return active(t, n, p.AccessToken) || active(t, n, p.RefreshToken) }
		}, ""},
		"refresh token": {func(t *testing.T, n *authoritytest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error { return n.RevokeToken(ctx, holder, p.RefreshToken, home) },
				func() bool { return active(t, n, p.AccessToken) || active(t, n, p.RefreshToken) }
		}, "refresh/"},
		"access token": {func(t *testing.T, n *authoritytest.Node) (func() error, func() bool) {
			p := mint(t, n)
			return func() error { return n.RevokeToken(ctx, holder, p.AccessToken, home) },
				func() bool { return active(t, n, p.AccessToken) }
		}, ""},
		"session": {func(t *testing.T, n *authoritytest.Node) (func() error, func() bool) {
			cookie, s := signIn(t, n)
			return func() error { return n.EndSession(ctx, operator, s.ID, "") },
				func() bool { return sessionLives(n, cookie) }
		}, "session/"},
		"session by entry": {func(t *testing.T, n *authoritytest.Node) (func() error, func() bool) {
			cookie, s := signIn(t, n)
			return func() error {
				_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.Session, Value: s.ID})
				return err
			}, func() bool { return sessionLives(n, cookie) }
		}, "session/"},
		"API key": {func(t *testing.T, n *authoritytest.Node) (func() error, func() bool) {
			secret, key := createKey(t, n)
			return func() error { return n.RevokeAPIKey(ctx, operator, key.ID, "") },
				func() bool { _, err := n.Caller(ctx, keyRequest(secret)); return err == nil }
		}, "apikey/"},
		"API key by entry": {func(t *testing.T, n *authoritytest.Node) (func() error, func() bool) {
			secret, key := createKey(t, n)
			return func() error {
				_, err := n.Revoke(ctx, operator, revocation.Entry{Scope: revocation.APIKey, Value: key.ID})
				return err
			}, func() bool { _, err := n.Caller(ctx, keyRequest(secret)); return err == nil }
		}, "apikey/"},
	} {
		t.Run(rule, func(t *testing.T) {
			n := authoritytest.New(t)
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
			if got := n.Audit.Records(); len(got) != audited+2 || got[audited].Object == "" {
				t.Errorf("audited %+v", got)
			}
		})
	}
}

func signIn(t *testing.T, n *authoritytest.Node) (edgeward.Secret, session.Session) {
	t.Helper()
	cookie, s, err := n.CreateSession(t.Context(), operator, session.Grant{Subject: "alice", ClientIP: home})
	if err != nil || s.Issuer != authoritytest.Issuer {
		t.Fatal(s, err)
	}
	return cookie, s
}

// sessionLives asks as the engine does.
func sessionLives(n *authoritytest.Node, cookie edgeward.Secret) bool {
	id, err := n.Config.Sessions.Verify(context.Background(), nil, edgeward.Credential{Value: cookie})
	return err == nil && n.Config.Revocations.Check(id) == nil
}

func TestLoggingOutEverywhereEndsSessionsToo(t *testing.T) {
	n := authoritytest.New(t)
	cookie, _ := signIn(t, n)
	if _, err := n.LogoutEverywhere(t.Context(), operator, "", "alice", "stolen laptop"); err != nil {
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
	n := authoritytest.New(t)
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
		"an API key lives on":       {secret, authority.ErrTokenType, 0},
		"a session cookie lives on": {"ews_x", authority.ErrTokenType, 0},
		"another issuer's lives on": {foreign, authority.ErrTokenType, 0},
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
	if err := n.RevokeToken(t.Context(), holder, pair.RefreshToken, home); err != nil {
		t.Errorf("a family that is not there: %v", err)
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
	n := authoritytest.New(t)
	nameless, err := edgeward.NewIdentity(edgeward.Identity{Issuer: authoritytest.Issuer, Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		tokens says
		want   error
	}{
		"could not tell is not revoked": {says{nil, storetest.ErrInjected}, storetest.ErrInjected},
		"nothing to name it by":         {says{nameless, nil}, authority.ErrTokenType},
	} {
		cfg := n.Config
		cfg.Tokens = row.tokens
		a, err := authority.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.RevokeToken(t.Context(), holder, edgeward.NewSecret("x"), home); !errors.Is(err, row.want) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	pair := mint(t, n)
	if err := n.RevokeToken(t.Context(), holder, pair.AccessToken, home); err != nil {
		t.Fatal(err)
	}
	page, _, err := n.ListRevocations(t.Context(), revocation.Token, "", 10)
	if err != nil || len(page) != 1 || !page[0].Expires.Equal(pair.AccessExpires) {
		t.Errorf("kept for longer than the token can live: %+v, %v", page, err)
	}
}

// What a family, a session or a key of another system is called revokes that,
// and needs no row of ours.
func TestRevokingWhatHasNoRow(t *testing.T) {
	n := authoritytest.New(t)
	for _, scope := range []revocation.Scope{revocation.Session, revocation.Family, revocation.APIKey} {
		if _, err := n.Revoke(t.Context(), operator, revocation.Entry{Scope: scope, Value: "theirs"}); err != nil {
			t.Errorf("%s: %v", scope, err)
		}
	}
	if _, err := n.Revoke(t.Context(), operator, revocation.Entry{Scope: "x", Value: "y"}); !errors.Is(err, authority.ErrGrant) {
		t.Errorf("an entry that names nothing: %v", err)
	}
	if err := n.RevokeFamily(t.Context(), operator, "theirs", ""); !errors.Is(err, authority.ErrUnknown) || couldNotTell(err) == false {
		t.Errorf("a family that is not there: %v", err)
	}
}

func TestIntrospectionTellsNothingOfTheDead(t *testing.T) {
	n := authoritytest.New(t)
	pair := mint(t, n)
	n.Clock.Forward(time.Hour)
	for _, token := range []edgeward.Secret{pair.AccessToken, edgeward.NewSecret("x"), edgeward.NewSecret("ewr_x")} {
		what, err := n.Introspect(t.Context(), token)
		if err != nil || what.Active || what.Subject != "" || what.Issuer != "" {
			t.Errorf("%+v, %v", what, err)
		}
	}
	if told := n.Limits.Told(home); len(told) != 0 {
		t.Errorf("told %v", told)
	}
	n.Store.Follow(storetest.Down)
	if _, err := n.Introspect(t.Context(), pair.RefreshToken); !couldNotTell(err) {
		t.Errorf("store down: %v", err)
	}
}

func TestAnAuditLogThatIsFullHidesNothing(t *testing.T) {
	n := authoritytest.New(t)
	pair := mint(t, n)
	n.Audit.Err = errors.New("no space left on device")
	if err := n.RevokeFamily(t.Context(), operator, pair.Family, ""); err != nil || len(n.Lost) != 1 {
		t.Errorf("%v, lost %v", err, n.Lost)
	}
	if active(t, n, pair.AccessToken) {
		t.Error("it lives")
	}
}

// hangsUp is a client that is gone as soon as its wish is fulfilled.
type hangsUp struct {
	*authoritytest.Limits
	hangUp context.CancelFunc
}

func (h hangsUp) Clear(context.Context, netip.Prefix) (bool, error) { h.hangUp(); return true, nil }

func TestWhoHangsUpIsAuditedAllTheSame(t *testing.T) {
	n := authoritytest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cfg := n.Config
	cfg.Limits = hangsUp{n.Limits, cancel}
	a, err := authority.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ClearBan(ctx, operator, netip.PrefixFrom(home, 32)); err != nil || len(n.Audit.Records()) != 1 {
		t.Errorf("%v, audited %v, lost %v", err, n.Audit.Records(), n.Lost)
	}
}

func TestNobodyIsGrantedNothing(t *testing.T) {
	n := authoritytest.New(t)
	_, pairErr := n.MintPair(t.Context(), operator, authority.Grant{}, meta)
	_, _, sessionErr := n.CreateSession(t.Context(), operator, session.Grant{})
	_, _, keyErr := n.CreateAPIKey(t.Context(), operator, apikey.Grant{})
	for name, err := range map[string]error{"pair": pairErr, "session": sessionErr, "key": keyErr} {
		if !errors.Is(err, authority.ErrGrant) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := n.Audit.Records(); len(got) != 0 {
		t.Errorf("audited %+v", got)
	}
}

func TestWhatIsNotConfigured(t *testing.T) {
	full := authoritytest.New(t)
	if _, err := authority.New(authority.Config{}); err == nil {
		t.Error("nothing can be taken back")
	}
	if _, err := authority.New(authority.Config{Revocations: full.Config.Revocations, Families: full.Config.Families}); err == nil {
		t.Error("nothing mints")
	}
	a, err := authority.New(authority.Config{Revocations: full.Config.Revocations})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	errs := map[string]error{
		"end": a.EndSession(ctx, operator, "x", ""), "revoke key": a.RevokeAPIKey(ctx, operator, "x", ""),
		"revoke family": a.RevokeFamily(ctx, operator, "x", ""), "clear": a.ClearBan(ctx, operator, netip.Prefix{}),
		"revoke token": a.RevokeToken(ctx, holder, edgeward.NewSecret("ewr_x"), home),
	}
	_, errs["mint"] = a.MintPair(ctx, operator, alice, meta)
	_, errs["refresh"] = a.Refresh(ctx, holder, edgeward.NewSecret("ewr_x"), all, meta)
	_, _, errs["session"] = a.CreateSession(ctx, operator, session.Grant{})
	_, _, errs["renew"] = a.RenewSession(ctx, operator, edgeward.Secret{}, session.Grant{})
	_, errs["find session"] = a.Session(ctx, "x")
	_, _, errs["sessions"] = a.ListSessions(ctx, "", "", "", 1)
	_, _, errs["key"] = a.CreateAPIKey(ctx, operator, apikey.Grant{})
	_, _, errs["rotate"] = a.RotateAPIKey(ctx, operator, "x", time.Time{})
	_, errs["find key"] = a.APIKey(ctx, "x")
	_, _, errs["keys"] = a.ListAPIKeys(ctx, "", 1)
	_, errs["caller"] = a.Caller(ctx, keyRequest("ew_x"))
	_, errs["family"] = a.Family(ctx, "x")
	_, _, errs["bans"] = a.ListBans("", 1)
	for name, err := range errs {
		if !errors.Is(err, authority.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if what, err := a.Introspect(ctx, edgeward.NewSecret("x")); err != nil || what.Active {
		t.Errorf("introspection %+v, %v", what, err)
	}
}

func TestListsAndKeys(t *testing.T) {
	n := authoritytest.New(t)
	cookie, s := signIn(t, n)
	if page, _, err := n.ListSessions(t.Context(), "", "alice", "", 10); err != nil || len(page) != 1 || page[0].ID != s.ID {
		t.Errorf("sessions %v, %v", page, err)
	}
	if page, _, err := n.ListSessions(t.Context(), "", "", "", 10); err != nil || len(page) != 1 {
		t.Errorf("sessions %v, %v", page, err)
	}
	if found, err := n.Session(t.Context(), s.ID); err != nil || found.ID != s.ID {
		t.Errorf("session %v, %v", found, err)
	}
	renewed, after, err := n.RenewSession(t.Context(), operator, cookie, session.Grant{Subject: "alice", Permissions: []string{"admin"}})
	if err != nil || after.ID == s.ID || sessionLives(n, cookie) || !sessionLives(n, renewed) {
		t.Errorf("renewed %v, %v", after, err)
	}
	if err := n.EndSession(t.Context(), operator, "x", ""); !errors.Is(err, authority.ErrUnknown) {
		t.Errorf("no session: %v", err)
	}
	secret, key := createKey(t, n)
	rotated, _, err := n.RotateAPIKey(t.Context(), operator, key.ID, n.Clock.Now().Add(time.Hour))
	if err != nil || rotated.Reveal() == secret {
		t.Fatal(err)
	}
	if _, _, err := n.RotateAPIKey(t.Context(), operator, key.ID, n.Clock.Now().Add(time.Hour)); !errors.Is(err, authority.ErrState) {
		t.Errorf("rotating twice: %v", err)
	}
	if page, _, err := n.ListAPIKeys(t.Context(), "", 10); err != nil || len(page) != 1 || page[0].ID != key.ID {
		t.Errorf("keys %v, %v", page, err)
	}
	if err := n.RevokeAPIKey(t.Context(), operator, key.ID, "leaked"); err != nil {
		t.Fatal(err)
	}
	if found, err := n.APIKey(t.Context(), key.ID); err != nil || found.Revoked.IsZero() {
		t.Errorf("key %v, %v", found, err)
	}
	if page, _, err := n.ListRevocations(t.Context(), revocation.APIKey, "", 10); err != nil || len(page) != 1 || page[0].Reason != "leaked" {
		t.Errorf("revocations %v, %v", page, err)
	}
}

// emptyRing is a ring with nothing that signs now.
func emptyRing(t *testing.T, n *authoritytest.Node) *keyring.Ring {
	t.Helper()
	jwk, err := keyring.NewHMAC("HS256", nil)
	if err != nil {
		t.Fatal(err)
	}
	set := `{"keys":[` + strings.TrimSuffix(string(jwk), "}") + `,"exp":1}]}`
	ring, err := keyring.Parse([]byte(set), keyring.Importer{}, n.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}
