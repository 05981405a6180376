package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"

	"github.com/edgeward/edgeward/keyring"
)

const (
	accessCookie  = "__Host-ew_access"
	refreshCookie = "__Host-ew_refresh"
)

func TestAnExpiredAccessTokenIsRenewedUnseen(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{outcome: "tokens", tokens: ", refresh_grace: 300s"})
	b := s.visit(t, "ada", "/page?x=1")
	if seen := b.seen(); seen.Header.Get("X-Auth-Subject") != "first|ada" || seen.Header.Get("X-Auth-Issuer") != ownIssuer || seen.Header.Get("X-Auth-Method") != "cookie" {
		t.Errorf("the application saw %v", seen.Header)
	}
	wantNoneOfOurs(t, b.seen())
	cookies := b.cookies(s.origin)
	wantKept(t, cookies[accessCookie], network.CookieSameSiteLax)
	wantKept(t, cookies[refreshCookie], network.CookieSameSiteLax)
	if cookies[cookieName] != nil {
		t.Error("there is a session, too")
	}

	b.expire(s, "first|ada")
	statuses := script[[]int](b, `Promise.all(Array.from({length: 10}, (_, i) => fetch('/api/orders?i=' + i).then(async r => (await r.json()).Header['X-Auth-Subject'][0] === 'first|ada' ? r.status : 0)))`)
	for i, status := range statuses {
		if status != 200 {
			t.Errorf("fetch %d of ten: %d", i, status)
		}
	}
	renewed := b.cookies(s.origin)
	wantKept(t, renewed[accessCookie], network.CookieSameSiteLax)
	if renewed[accessCookie].Value == cookies[accessCookie].Value || renewed[refreshCookie].Value != cookies[refreshCookie].Value {
		t.Error("a renewal on the way gives another access token, and leaves the refresh token as it is")
	}

	// A link from elsewhere renews as well, and so does a browser that has lost the
	// access token.
	b.forget(s.origin, accessCookie)
	b.open("data:text/html," + `<a href="` + s.origin + `/page?x=2">there</a>`)
	b.press("there")
	b.lands(s.origin + "/page?x=2")
	if got := b.seen().Header.Get("X-Auth-Subject"); got != "first|ada" {
		t.Errorf("after a link the application saw %q", got)
	}

	b.open(s.origin + "/auth/logout")
	b.press("Sign out")
	b.lands(s.origin + "/auth/signed-out")
	for name := range b.cookies(s.origin) {
		if name == accessCookie || name == refreshCookie {
			t.Errorf("%s is still there", name)
		}
	}
	s.wants(401, "the access token that somebody kept", "Cookie: "+accessCookie+"="+renewed[accessCookie].Value)
	if a := s.refresh(renewed[refreshCookie].Value); a.status != 400 {
		t.Errorf("the refresh token that somebody kept: %d", a.status)
	}
}

// expire puts an access token of the gateway's into the cookie whose time is
// over, as the browser would have it after a while.
func (b *tab) expire(s *site, subject string) {
	b.t.Helper()
	past := func() time.Time { return time.Now().Add(-time.Hour) }
	file, err := os.ReadFile(filepath.Join(s.dir, "keyring.jwks"))
	s.must(err)
	ring, err := keyring.Parse(file, keyring.Importer{}, past)
	s.must(err)
	minter := keyring.Minter{Ring: ring, Issuer: ownIssuer, Audience: audience, Now: past}
	token, _, err := minter.Mint(b.t.Context(), keyring.Grant{Subject: subject})
	s.must(err)
	s.wants(401, "an expired access token by itself", "Cookie: "+accessCookie+"="+token.Reveal())
	yes := true
	call(b, network.SetCookie, network.SetCookieParams{
		Name: accessCookie, Value: token.Reveal(), URL: s.origin, Path: "/", Secure: &yes, HTTPOnly: &yes, SameSite: network.CookieSameSiteLax,
	})
}

func TestBothIsASessionAndTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{outcome: "both"})
	b := s.visit(t, "ada", "/page")
	cookies := b.cookies(s.origin)
	for _, name := range []string{cookieName, accessCookie, refreshCookie} {
		wantKept(t, cookies[name], network.CookieSameSiteLax)
	}
	if got := b.fetch("/auth/session", "{}"); got.Status != 200 || !strings.Contains(got.Body, "ada") {
		t.Errorf("/auth/session: %+v", got)
	}
	b.open(s.origin + "/auth/logout")
	b.press("Sign out")
	b.lands(s.origin + "/auth/signed-out")
	s.wants(401, "the session that somebody kept", "Cookie: "+cookieName+"="+cookies[cookieName].Value)
	if a := s.refresh(cookies[refreshCookie].Value); a.status != 400 {
		t.Errorf("the refresh token that somebody kept: %d", a.status)
	}
}

// Tokens can be verified anywhere, and yet end where a session would.
func TestTokensEndWithTheirPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{outcome: "tokens"})
	here, elsewhere, another := s.visit(t, "ada", "/a"), s.visit(t, "ada", "/b"), s.visit(t, "bob", "/c")
	elsewhere.connects("first|ada")
	here.open(s.origin + "/auth/logout")
	script[bool](here, "document.querySelector('[name=scope]').checked = true")
	here.press("Sign out")
	here.lands(s.origin + "/auth/signed-out")
	if got := elsewhere.fetch("/api/orders", "{}"); got.Status != 401 {
		t.Errorf("everywhere: the other browser's next request: %d", got.Status)
	}
	elsewhere.settles("its WebSocket is closed", elsewhere.disconnected)

	another.connects("first|bob")
	provider := (&profile{t, another.ctx}).tab()
	provider.open(s.providers[0].issuer + "/session/end")
	provider.press("Yes, sign me out")
	provider.lands(s.providers[0].issuer + "/session/end/success")
	if got := another.fetch("/api/orders", "{}"); got.Status != 401 {
		t.Errorf("by back channel: the next request: %d", got.Status)
	}
	another.settles("its WebSocket is closed", another.disconnected)
}
