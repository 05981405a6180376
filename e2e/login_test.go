package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

func TestASignInLandsOnThePageThatWasAskedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	b := newProfile(t).tab()
	const page = "/reports/2026?from=a%20b&to=%C3%A9&x=%2Fy%3D"
	b.open(s.origin + page)
	if !strings.HasPrefix(b.where(), s.providers[0].issuer+"/interaction/") {
		t.Fatalf("one provider, and the browser is at %s", b.where())
	}
	b.signIn("ada")
	b.lands(s.origin + "/reports/")
	if b.where() != s.origin+page {
		t.Errorf("landed on %s", b.where())
	}
	seen := b.seen()
	for name, want := range map[string]string{
		"X-Auth-Subject": "ada", "X-Auth-Issuer": s.providers[0].issuer, "X-Auth-Method": "session", "X-Auth-Permissions": "articles:write",
	} {
		if got := seen.Header.Get(name); got != want {
			t.Errorf("the application saw %s: %q, want %q", name, got, want)
		}
	}
	if seen.Target != page {
		t.Errorf("the application was asked for %s", seen.Target)
	}
	wantNoneOfOurs(t, seen)

	cookies := b.cookies(s.origin)
	wantKept(t, cookies[cookieName], network.CookieSameSiteLax)
	if len(script[string](b, "document.cookie")) > 0 {
		t.Error("a script can read a cookie")
	}
	if c := cookies["__Host-ew_login"]; c != nil {
		wantKept(t, c, network.CookieSameSiteLax)
	}

	b.open(s.origin + "/edit")
	b.wantStatus(200)
}

// wantNoneOfOurs fails the test where the application saw a cookie of the
// gateway's. It may see those of other servers on the address, and its own.
func wantNoneOfOurs(t *testing.T, seen report) {
	t.Helper()
	for _, ours := range []string{"edgeward", "ew_"} {
		if strings.Contains(seen.Header.Get("Cookie"), ours) {
			t.Errorf("the application saw Cookie: %s", seen.Header.Get("Cookie"))
		}
	}
}

// wantKept checks the flags that keep a cookie to one host, to HTTPS and from
// scripts.
func wantKept(t *testing.T, c *network.Cookie, sameSite network.CookieSameSite) {
	t.Helper()
	if c == nil {
		t.Fatal("a cookie is not there")
	}
	if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HTTPOnly || c.SameSite != sameSite || c.Path != "/" || strings.HasPrefix(c.Domain, ".") || c.Session {
		t.Errorf("%s: %+v", c.Name, *c)
	}
}

// Row 24: one cookie serves all tabs, and each tab comes back to its own page.
func TestTwoTabsSignInAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	p := newProfile(t)
	one, two := p.tab(), p.tab()
	one.open(s.origin + "/one?a=1")
	two.open(s.origin + "/two?b=2")
	two.signIn("ada")
	two.lands(s.origin + "/two?b=2")
	one.signIn("ada")
	one.lands(s.origin + "/one?a=1")
	for _, b := range []*tab{one, two} {
		if seen := b.seen(); seen.Header.Get("X-Auth-Subject") != "ada" {
			t.Errorf("the application saw %q", seen.Header.Get("X-Auth-Subject"))
		}
	}
}

func TestAScriptIsToldWhereToSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	b := newProfile(t).tab()
	b.open(s.origin + "/public")
	for _, options := range []string{`{}`, `{method: 'POST', body: 'x'}`, `{headers: {accept: 'text/html'}}`} {
		got := b.fetch("/api/orders?x=1", options)
		var problem struct {
			Status int
			Login  string `json:"login_url"`
		}
		if err := json.Unmarshal([]byte(got.Body), &problem); err != nil {
			t.Fatalf("%s: %d %s %s", options, got.Status, got.Type, got.Body)
		}
		if got.Status != 401 || got.Redirected || !strings.HasPrefix(problem.Login, s.origin+"/auth/login") || got.Header["cache-control"] != "no-store" {
			t.Errorf("%s: %+v", options, got)
		}
	}
	if got := b.fetch("/auth/session", `{}`); got.Status != 401 || !strings.Contains(got.Body, "login_url") {
		t.Errorf("/auth/session: %+v", got)
	}
}

// Row 24: a state is for one use, by the browser that asked.
func TestACallbackIsForOneUseByOneBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{providers: []string{"first", "second"}})
	victim, attacker := newProfile(t).tab(), newProfile(t).tab()
	held := attacker.answerOf(s, "first", "mallory")

	victim.open(held.String())
	victim.wantStatus(400)
	s.wantNobody(victim, "another browser's answer")

	mixed := *held
	query := mixed.Query()
	query.Set("iss", s.providers[1].issuer)
	mixed.RawQuery = query.Encode()
	attacker.open(mixed.String())
	attacker.wantStatus(400)
	s.wantNobody(attacker, "the other provider's iss (RFC 9207)")

	for rule, change := range map[string]func(url.Values){
		"no iss where it was promised": func(q url.Values) { q.Del("iss") },
		"another state":                func(q url.Values) { q.Set("state", "x"+q.Get("state")) },
		"no state":                     func(q url.Values) { q.Del("state") },
		"a guessed code":               func(q url.Values) { q.Set("code", "guessed") },
	} {
		fresh := attacker.answerOf(s, "first", "mallory")
		query := fresh.Query()
		change(query)
		fresh.RawQuery = query.Encode()
		attacker.open(fresh.String())
		s.wantNobody(attacker, rule)
	}

	fresh := attacker.answerOf(s, "first", "mallory")
	attacker.open(fresh.String())
	attacker.lands(s.origin + "/home")
	before := attacker.cookies(s.origin)[cookieName].Value
	attacker.open(fresh.String()) // as by going back: who is in arrives, and is not signed in again
	attacker.lands(s.origin + "/home")
	if attacker.cookies(s.origin)[cookieName].Value != before {
		t.Error("a used callback signs in")
	}
}

// answerOf begins a sign-in at a provider and returns the address that it sends
// the browser back to, which the gateway has not seen.
func (b *tab) answerOf(s *site, provider, name string) *url.URL {
	b.t.Helper()
	release := b.withholds(s.origin + "/auth/callback?*")
	defer release()
	b.open(s.origin + "/auth/login?provider=" + provider + "&return_to=/home")
	if !strings.HasPrefix(b.where(), s.origin) { // it does not know the browser yet
		b.signIn(name)
	}
	b.lands(s.origin + "/auth/callback?")
	u, err := url.Parse(b.where())
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// wantNobody fails the test where the browser is signed in.
func (s *site) wantNobody(b *tab, rule string) {
	b.t.Helper()
	if b.cookies(s.origin)[cookieName] != nil {
		b.t.Errorf("%s: the browser has a session", rule)
	}
	b.open(s.origin + "/public")
	if got := b.fetch("/auth/session", `{}`); got.Status != 401 {
		b.t.Errorf("%s: somebody is signed in: %+v", rule, got)
	}
}
