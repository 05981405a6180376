package issuance_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/refresh"
)

// TestReuse: row 31 of the attack list. Theft ends the family, with the access
// tokens that it gave, and is audited once with its class.
func TestReuse(t *testing.T) {
	n := issuancetest.New(t)
	first := mint(t, n)
	second := again(t, n, first.RefreshToken)
	n.Clock.Forward(issuancetest.Grace)
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
	want := issuance.Record{
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
	n := issuancetest.New(t)
	first := mint(t, n)
	second := again(t, n, first.RefreshToken)
	n.Clock.Forward(issuancetest.Grace)
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
	n := issuancetest.New(t)
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
	n := issuancetest.New(t)
	pair := mint(t, n)
	cfg := n.Config
	minter := *cfg.Minter
	minter.Ring = emptyRing(t, n)
	cfg.Minter = &minter
	broken, err := issuance.New(cfg)
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

// emptyRing is a ring with nothing that signs now.
func emptyRing(t *testing.T, n *issuancetest.Node) *keyring.Ring {
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

func TestNoAccessTokenOutlivesItsFamily(t *testing.T) {
	n := issuancetest.New(t)
	pair := mint(t, n)
	n.Clock.Forward(refresh.DefaultLifetime - time.Minute)
	if last := again(t, n, pair.RefreshToken); last.AccessExpires.After(pair.RefreshExpires) || !last.RefreshExpires.Equal(pair.RefreshExpires) {
		t.Errorf("the family ends at %v, the access token at %v", pair.RefreshExpires, last.AccessExpires)
	}
}

func TestAPairSaysWhatWasGranted(t *testing.T) {
	n := issuancetest.New(t)
	first := mint(t, n)
	for _, pair := range []issuance.Pair{first, again(t, n, first.RefreshToken)} {
		if pair.Subject != "alice" || pair.Family != first.Family || !pair.RefreshExpires.Equal(first.RefreshExpires) {
			t.Errorf("pair %+v", pair)
		}
		access, err := n.Introspect(t.Context(), pair.AccessToken)
		if err != nil || !access.Active || access.Subject != "alice" || access.Issuer != issuancetest.Issuer || access.ClientID != "app" ||
			access.Session != first.Family || strings.Join(access.Permissions, " ") != "read write" || !access.Expires.Equal(pair.AccessExpires) {
			t.Errorf("access token %+v, %v", access, err)
		}
		refresh, err := n.Introspect(t.Context(), pair.RefreshToken)
		if err != nil || !refresh.Active || !refresh.Refresh || refresh.Subject != "alice" || refresh.Session != first.Family {
			t.Errorf("refresh token %+v, %v", refresh, err)
		}
	}
	want := issuance.Record{Actor: "api_key:k1", Action: "tokens.create", Object: "family/" + first.Family, RequestID: "r1"}
	if got := n.Audit.Records(); len(got) != 1 || got[0] != want {
		t.Errorf("audited %+v", got)
	}
}

func TestNarrowing(t *testing.T) {
	for rule, row := range map[string]struct {
		n      issuance.ScopeRequest
		scope  string
		reason edgeward.Reason // Undecided: none
	}{
		"nothing said is all":         {all, "read write", edgeward.Undecided},
		"the right client":            {issuance.ScopeRequest{ClientID: "app"}, "read write", edgeward.Undecided},
		"another client":              {issuance.ScopeRequest{ClientID: "evil"}, "", edgeward.RefreshInvalid},
		"less than granted":           {issuance.ScopeRequest{Permissions: []string{"read"}}, "read", edgeward.Undecided},
		"more than granted":           {issuance.ScopeRequest{Permissions: []string{"admin", "read"}}, "", edgeward.InsufficientScope},
		"a token of nobody's, a name": {issuance.ScopeRequest{ClientID: "app"}, "", edgeward.RefreshInvalid},
	} {
		t.Run(rule, func(t *testing.T) {
			n := issuancetest.New(t)
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
