package issuance_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store/storetest"
)

func TestOnlyForgedRefreshTokensCount(t *testing.T) {
	n := issuancetest.New(t)
	pair := mint(t, n)
	forged := pair.RefreshToken.Reveal()
	forged = forged[:len(forged)-1] + string(forged[len(forged)-1]^1)
	try := func(token string) {
		if _, err := n.Refresh(t.Context(), holder, edgeward.NewSecret(token), all, meta); err == nil {
			t.Fatal("refreshed")
		}
	}
	try(forged)
	if _, err := n.Refresh(t.Context(), holder, edgeward.NewSecret(forged), issuance.ScopeRequest{ClientID: "app"}, meta); err == nil {
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

func TestWhoGuessedTooOftenWaits(t *testing.T) {
	n := issuancetest.New(t)
	pair := mint(t, n)
	n.Limits.Block(home)
	_, refreshed := n.Refresh(t.Context(), holder, pair.RefreshToken, all, meta)
	_, called := n.AuthenticateClient(t.Context(), keyRequest("ew_test_x_y_z"))
	for name, err := range map[string]error{
		"refresh": refreshed, "revoke": n.RevokeToken(t.Context(), holder, pair.RefreshToken, home), "caller": called,
	} {
		if blocked, ok := errors.AsType[*edgeward.BlockedError](err); !ok || blocked.RetryAfter != 6*time.Minute {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := n.AuthenticateClient(t.Context(), &edgeward.Request{ClientIP: home}); !errors.Is(err, edgeward.CredentialMissing) {
		t.Errorf("who presents nothing cannot guess: %v", err)
	}
	if page, _, err := n.ListBans("", 10); err != nil || len(page) != 1 {
		t.Errorf("bans %v, %v", page, err)
	}
	source := netip.PrefixFrom(home, 32)
	if err := n.ClearBan(t.Context(), operator, source); err != nil {
		t.Error(err)
	}
	if err := n.ClearBan(t.Context(), operator, source); !errors.Is(err, issuance.ErrUnknown) {
		t.Errorf("clearing nothing: %v", err)
	}
	if !active(t, n, pair.RefreshToken) {
		t.Error("the token did not survive")
	}
}

func TestCaller(t *testing.T) {
	n := issuancetest.New(t)
	secret, key := createKey(t, n, "introspect")
	id, err := n.AuthenticateClient(t.Context(), keyRequest(secret))
	if err != nil || id.APIKey != key.ID {
		t.Fatalf("%+v, %v", id, err)
	}
	if proved := n.Limits.Proved(); len(proved) != 1 || proved[0] != home {
		t.Errorf("proved %+v", proved)
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
		if err := issuance.RequireScope(id, row.scopes...); (err == nil) != row.ok || err != nil && !errors.Is(err, edgeward.InsufficientScope) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	_, other := createKey(t, n, "x")
	wrong := strings.Replace(secret, key.ID, other.ID, 1)
	if _, err := n.AuthenticateClient(t.Context(), keyRequest(wrong)); err == nil || len(n.Limits.Told(home)) != 1 {
		t.Errorf("a wrong key: %v, told %v", err, n.Limits.Told(home))
	}
	// Revoked elsewhere: the row is cached here, the revocation is not asked of it.
	if _, err := n.Config.Revocations.Revoke(t.Context(), revocation.Entry{Scope: revocation.APIKey, Value: key.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.AuthenticateClient(t.Context(), keyRequest(secret)); !errors.Is(err, edgeward.CredentialRevoked) {
		t.Errorf("revoked: %v", err)
	}
}

func TestAdminMayDoEverything(t *testing.T) {
	n := issuancetest.New(t)
	secret, _ := createKey(t, n, adminscope.Admin)
	id, err := n.AuthenticateClient(t.Context(), keyRequest(secret))
	if err != nil || issuance.RequireScope(id, "sessions:write") != nil {
		t.Error(err)
	}
}

// late is a limiter that learns of a client's other guesses while it guesses.
type late struct{ *issuancetest.Limits }

func (late) Record(netip.Addr, error) error {
	return &edgeward.BlockedError{RetryAfter: time.Minute}
}

// Of many guesses at once, as many are answered as of guesses one after the
// other. A refresh that succeeded is answered all the same.
func TestWhoIsBlockedMeanwhile(t *testing.T) {
	n := issuancetest.New(t)
	pair := mint(t, n)
	secret, _ := createKey(t, n)
	cfg := n.Config
	cfg.Limits = late{n.Limits}
	a, err := issuance.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	forged := edgeward.NewSecret("ewr_" + strings.Repeat("A", 64))
	errs := map[string]error{
		"revoke":        a.RevokeToken(t.Context(), holder, forged, home),
		"revoke access": a.RevokeToken(t.Context(), holder, edgeward.NewSecret("x"), home),
	}
	_, errs["refresh"] = a.Refresh(t.Context(), holder, forged, all, meta)
	_, errs["narrowed"] = a.Refresh(t.Context(), holder, forged, issuance.ScopeRequest{ClientID: "app"}, meta)
	_, errs["right key"] = a.AuthenticateClient(t.Context(), keyRequest(secret))
	_, errs["wrong key"] = a.AuthenticateClient(t.Context(), keyRequest("ew_x"))
	for name, err := range errs {
		if !errors.Is(err, edgeward.TooManyFailures) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.Refresh(t.Context(), holder, pair.RefreshToken, all, meta); err != nil {
		t.Errorf("a token was used up for nothing: %v", err)
	}
}

// early is a limiter that forgets who had to wait while it looks.
type early struct{ *issuancetest.Limits }

func (early) Record(_ netip.Addr, err error) error { return err }

func TestWhoHasToWaitIsNotLookedAt(t *testing.T) {
	n := issuancetest.New(t)
	secret, _ := createKey(t, n)
	cfg := n.Config
	cfg.Limits = early{n.Limits}
	a, err := issuance.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.Limits.Block(home)
	if _, err := a.AuthenticateClient(t.Context(), keyRequest(secret)); !errors.Is(err, edgeward.TooManyFailures) {
		t.Errorf("error %v", err)
	}
}

func TestARightKeyOfAnOperatorNeverWaits(t *testing.T) {
	n := issuancetest.New(t)
	secret, _ := createKey(t, n)
	wrong := secret[:len(secret)-8] + "AAAAAAAA"
	if _, err := n.AuthenticateOperator(t.Context(), keyRequest(wrong)); err == nil || len(n.Limits.Told(home)) != 1 {
		t.Errorf("a wrong key: %v, told %v", err, n.Limits.Told(home))
	}
	n.Limits.Block(home)
	if _, err := n.AuthenticateOperator(t.Context(), keyRequest(secret)); err != nil {
		t.Errorf("a right key: %v", err)
	}
	if _, err := n.AuthenticateOperator(t.Context(), keyRequest(wrong)); !errors.Is(err, edgeward.TooManyFailures) {
		t.Errorf("a wrong key: %v", err)
	}
}
