package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// hostile is a user agent that a careless page would run.
const hostile = `<script>alert('row 27')</script><img src=x onerror=alert(1)> Firefox/130`

// calls sets the browser's user agent.
func (b *tab) calls(agent string) {
	b.t.Helper()
	call(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent})
}

// Every page that people see at the gateway: readable by everybody, and by a
// phone; and row 27, what others wrote is text in it.
func TestThePagesForPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{providers: []string{"first", "second"}})
	b := newProfile(t).tab()
	b.open(s.origin + "/a?x=1")
	b.lands(s.origin + "/auth/login")
	b.audits("login-choose")
	b.press("The second & only")
	b.signIn("ada")
	b.lands(s.origin + "/a?x=1")
	if got := b.seen().Header.Get("X-Auth-Issuer"); got != s.providers[1].issuer {
		t.Errorf("signed in at %s", got)
	}

	mallory := newProfile(t).tab()
	mallory.calls(hostile)
	mallory.open(s.origin + "/auth/login?provider=second&return_to=/b")
	mallory.signIn("ada")
	mallory.lands(s.origin + "/b")

	b.open(s.origin + "/auth/sessions")
	b.shows(hostile[:20])
	b.inert()
	b.audits("sessions")
	b.open(s.origin + "/auth/logout")
	b.audits("logout")
	b.press("Sign out")
	b.lands(s.origin + "/auth/signed-out")
	b.audits("signed-out")

	for _, page := range []struct {
		name, path string
		status     int64
	}{
		{"login-return-elsewhere", "/auth/login?return_to=https://evil.example/", 400},
		{"login-no-such-provider", "/auth/login?provider=nobody", 400},
		{"login-state", "/auth/callback?state=x&code=y", 400},
		{"not-an-address", "/a//b", 400},
	} {
		b.open(s.origin + page.path)
		b.wantStatus(page.status, 404)
		b.inert()
		b.audits(page.name)
	}
	bob := newProfile(t).tab()
	bob.open(s.origin + "/auth/login?provider=first&return_to=/a")
	bob.signIn("bob")
	bob.lands(s.origin + "/a")
	bob.open(s.origin + "/edit")
	bob.wantStatus(403)
	bob.audits("no-permission")
}

// speaks has the browser ask for a language.
func (b *tab) speaks(language string) {
	b.t.Helper()
	call(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0", AcceptLanguage: language})
}

// The same pages in the site's own colours, and in each language: long words and
// other scripts fit in, and what users choose of the look can be read.
func TestThePagesInEachLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{providers: []string{"first", "second"}, login: `
  pages:
    name: Example Corp
    logo: file:logo.svg
    colors: {accent: "#0a5c36", background: "#eef5f0"}`})
	b := newProfile(t).tab()
	for _, language := range []string{"en", "de", "es", "fr", "ja"} {
		b.speaks(language)
		b.open(s.origin + "/auth/login?return_to=/a")
		b.audits("own-login-" + language)
		if got := script[string](b, `document.documentElement.lang + ' ' + document.querySelector('.brand img').alt + ' ' + (document.querySelector('.brand img').naturalWidth > 0)`); got != language+" Example Corp true" {
			t.Errorf("%s: %s", language, got)
		}
		b.open(s.origin + "/auth/callback?state=x&code=y")
		b.audits("own-refused-" + language)
	}
	for _, language := range []string{"en", "de", "es", "fr", "ja"} {
		in := newProfile(t).tab()
		in.speaks(language)
		in.open(s.origin + "/auth/login?provider=first&return_to=/a")
		in.signIn("ada")
		in.lands(s.origin + "/a")
		in.open(s.origin + "/auth/sessions")
		in.audits("own-sessions-" + language)
		in.open(s.origin + "/auth/logout")
		in.audits("own-logout-" + language)
	}
}

// inert fails the test where the page has anything that runs.
func (b *tab) inert() {
	b.t.Helper()
	if found := script[string](b, `[...document.querySelectorAll('script:not([src]), img:not([src^="/console/assets/"]), iframe, object, [onerror], [onclick], [style]')].map(e => e.outerHTML).join('\n')`); found != "" {
		b.t.Errorf("%s: there is %s", b.where(), found)
	}
}

// Whoever is sent to sign in again and again learns why, instead of seeing the
// browser give up.
func TestALoopIsBroken(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	b := s.visit(t, "ada", "/a")
	for range 5 {
		b.forget(s.origin, cookieName) // what a broken browser or proxy does
		b.open(s.origin + "/a")
		if b.where() != s.origin+"/a" {
			break
		}
	}
	b.lands(s.origin + "/auth/")
	b.wantStatus(400, 403, 409, 429, 508)
	s.wantReadable(b)
	b.audits("login-loop")
	if b.cookies(s.origin)[cookieName] != nil {
		t.Error("there is a session all the same")
	}
}
