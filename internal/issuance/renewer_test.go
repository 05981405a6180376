package issuance_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

func renewer(n *issuancetest.Node) *browser.Renewer {
	return &browser.Renewer{Authority: n.Authority, Tokens: n.Tokens, Jar: browser.Cookies{Access: cookie.Access, Refresh: cookie.Refresh}}
}

func withRefresh(value edgeward.Secret) *edgeward.Request {
	return &edgeward.Request{ID: "r9", ClientIP: home, Header: edgeward.Header{"Cookie": {cookie.Refresh + "=" + value.Reveal()}}}
}

// What renews on the way stays good, however often, and however long the answer
// takes: a browser that never gets it comes back with the same cookie.
func TestARenewalUsesNothingUp(t *testing.T) {
	n := issuancetest.New(t)
	pair := mint(t, n)
	for range 3 {
		n.Clock.Forward(2 * issuancetest.Grace)
		got, err := renewer(n).Renew(t.Context(), withRefresh(pair.RefreshToken))
		if err != nil {
			t.Fatal(err)
		}
		if got.Identity.Subject != pair.Subject || got.Identity.Session != pair.Family || !active(t, n, got.Credential.Value) {
			t.Errorf("renewed %+v", got.Identity)
		}
		if len(got.Cookies) != 1 || !strings.HasPrefix(got.Cookies[0], cookie.Access+"="+got.Credential.Value.Reveal()+";") {
			t.Errorf("cookies %q", got.Cookies)
		}
	}
	if _, err := n.Refresh(t.Context(), holder, pair.RefreshToken, all, meta); err != nil {
		t.Errorf("after that the token is not good for a rotation: %v", err)
	}
}

// TestARenewalIsNoWayAroundTheft: row 31. An old token that comes back is theft
// here, too.
func TestARenewalIsNoWayAroundTheft(t *testing.T) {
	n := issuancetest.New(t)
	first := mint(t, n)
	second := again(t, n, first.RefreshToken)
	if _, err := renewer(n).Renew(t.Context(), withRefresh(first.RefreshToken)); err != nil {
		t.Errorf("within the grace window: %v", err)
	}
	n.Clock.Forward(issuancetest.Grace)
	if _, err := renewer(n).Renew(t.Context(), withRefresh(first.RefreshToken)); edgeward.ReasonOf(err) != edgeward.RefreshReused {
		t.Errorf("error %v", err)
	}
	if active(t, n, second.RefreshToken) || active(t, n, second.AccessToken) {
		t.Error("the family lives")
	}
}

func TestWhatCannotRenew(t *testing.T) {
	n := issuancetest.New(t)
	pair := mint(t, n)
	if err := n.RevokeFamily(t.Context(), holder, pair.Family, ""); err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		r    *edgeward.Request
		want edgeward.Reason
	}{
		"nothing":          {&edgeward.Request{Header: edgeward.Header{}}, edgeward.CredentialMissing},
		"what was revoked": {withRefresh(pair.RefreshToken), edgeward.RefreshRevoked},
		"what was made up": {withRefresh(edgeward.NewSecret("ewr_" + strings.Repeat("A", 64))), edgeward.RefreshInvalid},
		"an access token":  {withRefresh(pair.AccessToken), edgeward.RefreshInvalid},
	} {
		if _, err := renewer(n).Renew(t.Context(), row.r); edgeward.ReasonOf(err) != row.want {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if told := n.Limits.Told(home); len(told) != 2 {
		t.Errorf("counted as guesses: %v", told)
	}
}

// Theft was found, but the access tokens are not known to be dead: the browser's
// next request makes up for it.
func TestARenewalMakesUpForWhatARefusalCouldNot(t *testing.T) {
	n := issuancetest.New(t)
	first := mint(t, n)
	second := again(t, n, first.RefreshToken)
	n.Clock.Forward(issuancetest.Grace)
	n.Store.Follow(writesTo("revoked/"))
	if _, err := renewer(n).Renew(t.Context(), withRefresh(first.RefreshToken)); !couldNotTell(err) {
		t.Fatalf("error %v", err)
	}
	n.Store.Follow(nil)
	if _, err := renewer(n).Renew(t.Context(), withRefresh(first.RefreshToken)); edgeward.ReasonOf(err) != edgeward.RefreshRevoked {
		t.Errorf("error %v", err)
	}
	if active(t, n, second.AccessToken) {
		t.Error("the access token lives")
	}
}
