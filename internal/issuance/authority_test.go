package issuance_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

var (
	operator = issuance.By{Actor: "api_key:k1", RequestID: "r1"}
	holder   = issuance.By{Actor: "client", RequestID: "r2"}
	alice    = issuance.Grant{Subject: "alice", Permissions: []string{"read", "write"}, ClientID: "app"}
	home     = netip.MustParseAddr("192.0.2.1")
	meta     = edgeward.Client{IP: home, UserAgent: "Mozilla/5.0"}
	all      = issuance.ScopeRequest{}
)

func mint(t *testing.T, n *issuancetest.Node) issuance.Pair {
	t.Helper()
	pair, err := n.MintPair(t.Context(), operator, alice, meta)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func again(t *testing.T, n *issuancetest.Node, token edgeward.Secret) issuance.Pair {
	t.Helper()
	pair, err := n.Refresh(t.Context(), holder, token, all, meta)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// active asks whether a token is alive.
func active(t *testing.T, n *issuancetest.Node, token edgeward.Secret) bool {
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

func keyRequest(key string) *edgeward.Request {
	return &edgeward.Request{ClientIP: home, Header: edgeward.Header{"X-Api-Key": {key}}}
}

func createKey(t *testing.T, n *issuancetest.Node, permissions ...string) (string, apikey.Key) {
	t.Helper()
	secret, key, err := n.CreateAPIKey(t.Context(), operator, apikey.Grant{Subject: "ops", Name: "test", Permissions: permissions})
	if err != nil {
		t.Fatal(err)
	}
	return secret.Reveal(), key
}

func signIn(t *testing.T, n *issuancetest.Node) (edgeward.Secret, session.Session) {
	t.Helper()
	cookie, s, err := n.CreateSession(t.Context(), operator, session.Grant{Subject: "alice", Client: edgeward.Client{IP: home}})
	if err != nil || s.Issuer != issuancetest.Issuer {
		t.Fatal(s, err)
	}
	return cookie, s
}

// sessionLives asks as the engine does.
func sessionLives(n *issuancetest.Node, cookie edgeward.Secret) bool {
	id, err := n.Config.Sessions.Verify(context.Background(), nil, edgeward.Credential{Value: cookie})
	return err == nil && n.Config.Revocations.Check(id) == nil
}

func TestIntrospectionTellsNothingOfTheDead(t *testing.T) {
	n := issuancetest.New(t)
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
	n := issuancetest.New(t)
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
	*issuancetest.Limits
	hangUp context.CancelFunc
}

func (h hangsUp) Clear(context.Context, netip.Prefix) (bool, error) { h.hangUp(); return true, nil }

func TestWhoHangsUpIsAuditedAllTheSame(t *testing.T) {
	n := issuancetest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	cfg := n.Config
	cfg.Limits = hangsUp{n.Limits, cancel}
	a, err := issuance.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.ClearBan(ctx, operator, netip.PrefixFrom(home, 32)); err != nil || len(n.Audit.Records()) != 1 {
		t.Errorf("%v, audited %v, lost %v", err, n.Audit.Records(), n.Lost)
	}
}

func TestNobodyIsGrantedNothing(t *testing.T) {
	n := issuancetest.New(t)
	_, pairErr := n.MintPair(t.Context(), operator, issuance.Grant{}, meta)
	_, _, sessionErr := n.CreateSession(t.Context(), operator, session.Grant{})
	_, _, keyErr := n.CreateAPIKey(t.Context(), operator, apikey.Grant{})
	for name, err := range map[string]error{"pair": pairErr, "session": sessionErr, "key": keyErr} {
		if !errors.Is(err, issuance.ErrGrant) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := n.Audit.Records(); len(got) != 0 {
		t.Errorf("audited %+v", got)
	}
}

func TestWhatIsNotConfigured(t *testing.T) {
	full := issuancetest.New(t)
	if _, err := issuance.New(issuance.Config{}); err == nil {
		t.Error("nothing can be taken back")
	}
	if _, err := issuance.New(issuance.Config{Revocations: full.Config.Revocations, Families: full.Config.Families}); err == nil {
		t.Error("nothing mints")
	}
	a, err := issuance.New(issuance.Config{Revocations: full.Config.Revocations})
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
	_, _, errs["rotate"] = a.RotateAPIKey(ctx, operator, "x", edgeward.Secret{}, time.Time{})
	_, errs["find key"] = a.APIKey(ctx, "x")
	_, _, errs["keys"] = a.ListAPIKeys(ctx, "", 1)
	_, errs["caller"] = a.AuthenticateClient(ctx, keyRequest("ew_x"))
	_, errs["family"] = a.Family(ctx, "x")
	_, _, errs["bans"] = a.ListBans("", 1)
	for name, err := range errs {
		if !errors.Is(err, issuance.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if what, err := a.Introspect(ctx, edgeward.NewSecret("x")); err != nil || what.Active {
		t.Errorf("introspection %+v, %v", what, err)
	}
}

func TestListsAndKeys(t *testing.T) {
	n := issuancetest.New(t)
	cookie, s := signIn(t, n)
	if page, _, err := n.ListSessions(t.Context(), "", "alice", "", 10); err != nil || len(page) != 1 || page[0].ID != s.ID {
		t.Errorf("sessions %v, %v", page, err)
	}
	if page, _, err := n.ListSessions(t.Context(), s.Issuer, "", "", 10); !errors.Is(err, issuance.ErrGrant) || len(page) != 0 {
		t.Errorf("an issuer without a subject: %v, %v", page, err)
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
	if err := n.EndSession(t.Context(), operator, "x", ""); !errors.Is(err, issuance.ErrUnknown) {
		t.Errorf("no session: %v", err)
	}
	secret, key := createKey(t, n)
	rotated, _, err := n.RotateAPIKey(t.Context(), operator, key.ID, edgeward.Secret{}, n.Clock.Now().Add(time.Hour))
	if err != nil || rotated.Reveal() == secret {
		t.Fatal(err)
	}
	if _, _, err := n.RotateAPIKey(t.Context(), operator, key.ID, edgeward.Secret{}, n.Clock.Now().Add(time.Hour)); !errors.Is(err, issuance.ErrState) {
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
