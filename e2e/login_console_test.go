package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestTheConsole(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	mallory := newProfile(t).tab()
	mallory.calls(hostile)
	mallory.open(s.origin + "/a")
	mallory.signIn("<b>mallory</b>")
	mallory.lands(s.origin + "/a")
	mallory.open(s.origin + "/edit")
	mallory.wantStatus(403)
	mallory.open(s.origin + "/a")
	s.wants(401, "a guess", "X-API-Key: "+s.key[:len(s.key)-9]+"x_00000000")

	b := newProfile(t).tab()
	b.open(s.operators + "/console")
	b.lands(s.operators + "/console/sign-in")
	b.audits("console-sign-in")
	s.operates(b)
	for _, page := range []string{
		"", "/sessions", "/api-keys", "/api-keys/new", "/revocations", "/revocations/new", "/bans", "/routes", "/routes?method=GET&url=/edit", "/refusals", "/audit",
	} {
		b.open(s.operators + "/console" + page)
		b.shows("Sign out")
		b.inert()
		b.audits("console" + strings.NewReplacer("/", "-", "?method=GET&url=", "-explained").Replace(page))
	}
	b.open(s.operators + "/console/no-such-page")
	b.wantStatus(404)
	b.audits("console-no-such-page")
	b.open(s.operators + "/console/sessions?issuer=" + s.providers[0].issuer + "&q=" + "%3Cb%3Emallory%3C/b%3E")
	b.shows(hostile)
	b.inert()
	b.audits("console-sessions-found")
	b.press("End")
	b.lands(s.operators + "/console/sessions/end")
	b.audits("console-sessions-end")
	if got := mallory.fetch("/api/orders", "{}"); got.Status != 200 {
		t.Errorf("a question ended the session: %d", got.Status)
	}
	b.press("End")
	mallory.settles("mallory is out", func() bool { return mallory.fetch("/api/orders", "{}").Status == 401 })
}

// operates signs in to the console with the site's key.
func (s *site) operates(b *tab) {
	b.t.Helper()
	b.open(s.operators + "/console/sign-in")
	b.fill("key", s.key)
	b.press("Sign in")
	b.settles("the console is open", func() bool { return b.where() == s.operators+"/console" })
	b.shows("Overview")
}

// fill puts value into a field of the page.
func (b *tab) fill(name, value string) {
	b.t.Helper()
	script[bool](b, "document.querySelector('[name="+name+"]').value = "+quote(value)+", true")
}

// goes presses a button that leads to another page and waits for that.
func (b *tab) goes(text, to string) {
	b.t.Helper()
	b.press(text)
	b.settles(text+" leads to "+to, func() bool {
		there, err := try(b, chromedp.Evaluate[bool]("document.readyState === 'complete' && (document.querySelector('h1')?.innerText ?? '').includes("+quote(to)+")"))
		return err == nil && there
	})
}

// What an operator does in the console holds at the gateway on the next request.
func TestWhatTheConsoleDoes(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	ada := s.visit(t, "ada", "/a")
	b := newProfile(t).tab()
	s.operates(b)

	b.open(s.operators + "/console/api-keys")
	b.goes("New key", "New API key")
	b.fill("subject", "robot")
	b.fill("name", "<i>nightly</i>")
	b.fill("permissions", "articles:write")
	b.goes("Create key", "The key is made")
	b.inert()
	b.audits("console-api-key-made")
	old := script[string](b, "document.querySelector('.secret code').innerText")
	s.wants(200, "the new key", "X-API-Key: "+old)
	b.open(s.operators + "/console/api-keys?q=robot")
	b.inert()
	b.audits("console-api-keys-found")
	b.goes("Rotate", "new secret?")
	b.audits("console-api-key-rotate")
	b.fill("keep", "0")
	b.goes("Rotate key", "has a new secret")
	b.audits("console-api-key-rotated")
	fresh := script[string](b, "document.querySelector('.secret code').innerText")
	s.wants(401, "the old secret", "X-API-Key: "+old)
	s.wants(200, "the new secret", "X-API-Key: "+fresh)
	b.open(s.operators + "/console/api-keys?q=robot")
	b.press("Revoke")
	b.lands(s.operators + "/console/api-keys/revoke")
	b.audits("console-api-key-revoke")
	b.goes("Revoke", "API keys")
	s.wants(401, "a revoked key", "X-API-Key: "+fresh)

	b.open(s.operators + "/console/sessions/everywhere?subject=ada&issuer=" + s.providers[0].issuer)
	b.audits("console-everywhere")
	b.press("everywhere")
	ada.settles("ada is out", func() bool { return ada.fetch("/api/orders", "{}").Status == 401 })
	b.open(s.operators + "/console/revocations")
	b.shows("ada")
	b.audits("console-revocations-some")

	eventually(t, "guesses are answered with 429", patience, func() bool {
		return s.get("/orders", "Cookie: "+cookieName+"=ews_"+strings.Repeat("A", 64), "X-Forwarded-For: 198.51.100.7").status == 429
	})
	b.open(s.operators + "/console/bans")
	b.shows("198.51.100.7")
	b.audits("console-bans-some")
	b.press("Lift")
	b.lands(s.operators + "/console/bans/clear")
	b.audits("console-bans-lift")
	b.goes("Lift", "Bans")
	b.shows("No network has to wait")
	b.open(s.operators + "/console/audit")
	b.inert()
	b.audits("console-audit-some")
}

func TestOperatorsSignInAtTheProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	for name, may := range map[string]bool{"olga": true, "ada": false} {
		b := newProfile(t).tab()
		b.open(s.operators + "/console/sessions")
		b.press("The first & only")
		b.signIn(name)
		if may {
			b.lands(s.operators + "/console/sessions")
			b.shows("Sign out")
			b.press("Sign out")
			b.lands(s.operators + "/console/sign-in")
			continue
		}
		b.lands(s.operators + "/console/")
		b.shows("API key")
		b.wantStatus(401, 403)
		b.audits("console-not-an-operator")
		b.open(s.operators + "/console")
		b.lands(s.operators + "/console/sign-in")
	}
}

// The console and the gateway stand on one host here, whose cookies they share:
// sign-ins at both, begun side by side, do not disturb each other.
func TestOperatorsArePeopleToo(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	p := newProfile(t)
	page, console := p.tab(), p.tab()
	page.open(s.origin + "/a?x=1")
	console.open(s.operators + "/console/audit")
	console.press("The first & only")
	console.signIn("olga")
	console.lands(s.operators + "/console/audit")
	page.signIn("olga")
	page.lands(s.origin + "/a?x=1")
	console.open(s.operators + "/console")
	console.press("Sign out")
	console.lands(s.operators + "/console/sign-in")
	if got := page.fetch("/api/orders", "{}"); got.Status != 200 {
		t.Errorf("signing out of the console: %d at the gateway", got.Status)
	}
}
