package e2e

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// planting answers with whatever Set-Cookie the query asks for, and leads on: a
// careless application.
func planting(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if set := r.URL.Query().Get("set"); set != "" {
			w.Header().Set("Set-Cookie", set)
		}
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		app.ServeHTTP(w, r)
	})
}

// newPlantingSite is a site with a careless application.
func newPlantingSite(t *testing.T) *site {
	t.Helper()
	app := newUpstream(t)
	server := httptest.NewServer(planting(app))
	t.Cleanup(server.Close)
	return newSite(t, sitePlan{routes: `
  careless: {authenticate: [], upstream: "` + server.URL + `"}
  favicon.ico: {authenticate: []}
`}) // a browser asks for an icon when it likes, and a refusal of that would clear the cookies too early
}

// Row 22: a second cookie of ours, kept apart by Partitioned, that the
// application or a script has planted, locks nobody out.
func TestAPlantedCookieLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := newPlantingSite(t)
	const attributes = "=ews_planted; Secure; Path=/; Partitioned; Max-Age=31536000"
	ways := map[string]func(b *tab, name, to string){
		"the application": func(b *tab, name, to string) {
			b.open(s.origin + "/careless?" + url.Values{"set": {name + attributes}, "to": {to}}.Encode())
		},
		"a script": func(b *tab, name, to string) {
			b.open(s.origin + "/public")
			script[bool](b, "document.cookie = "+quote(name+attributes)+", location.href = "+quote(to)+", true")
			b.lands(s.origin + to)
		},
	}
	for who, plant := range ways {
		b := s.visit(t, "ada", "/a")
		plant(b, cookieName, "/b")
		b.shows("Your browser sent two sign-ins")
		b.wantStatus(400)
		s.wantReadable(b)
		b.audits("cookie-twice")
		b.press("Try again") // and the provider still knows her
		b.lands(s.origin + "/b")
		b.wantStatus(200)
		if seen := b.seen(); seen.Header.Get("X-Auth-Subject") != "ada" {
			t.Errorf("%s: the application saw %q", who, seen.Header.Get("X-Auth-Subject"))
		}

		b.open(s.origin + "/careless?" + url.Values{"set": {cookieName + attributes}, "to": {"/auth/login?return_to=/c"}}.Encode())
		b.lands(s.origin + "/c")
		b.wantStatus(200)

		plant(b, cookieName, "/auth/logout")
		b.shows("more than one sign-in")
		b.audits("logout-twice")
		b.press("Sign out")
		b.lands(s.origin + "/auth/signed-out")
		s.wantNobody(b, who)

		plant(b, "__Host-ew_login", "/public") // before a sign-in begins
		b.open(s.origin + "/d")
		b.lands(s.origin + "/d")
		b.wantStatus(200)
	}
}

// Row 24: pages under Referrer-Policy: no-referrer, Helmet's default, send
// "Origin: null" with their own forms; so do sandboxed frames of others.
func TestAFormOfAPageWithoutReferrer(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{routes: "  save: {same_origin: true}\n"})
	b := s.visit(t, "ada", "/a")
	const send = `(action => { const meta = document.createElement('meta'); meta.name = 'referrer'; meta.content = 'no-referrer'; document.head.append(meta);
		const f = document.createElement('form'); f.method = 'post'; f.action = action; document.body.append(f); f.submit(); return true; })`
	script[bool](b, send+"('/save')")
	b.lands(s.origin + "/save")
	b.wantStatus(200)
	if seen := b.seen(); seen.Method != "POST" || seen.Header.Get("Origin") != "null" {
		t.Errorf("the application saw %s with Origin %q", seen.Method, seen.Header.Get("Origin"))
	}
	script[bool](b, send+"('/auth/logout')")
	b.lands(s.origin + "/auth/signed-out")
	s.wantNobody(b, "its own sign-out form")

	script[bool](b, send+"('/save')") // and a form after the session has ended
	b.shows("nothing of it was kept")
	b.wantStatus(401)
	s.wantReadable(b)
	b.audits("form-refused")
}

// Row 42: a page with links that are fetched ahead pushes no sign-in out.
func TestPrefetchedPagesBeginNoSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, sitePlan{})
	p := newProfile(t)
	b, other := p.tab(), p.tab()
	b.open(s.origin + "/mine")
	other.open(s.origin + "/public")
	before := s.app.received.Load()
	script[bool](other, `(() => {
		const s = document.createElement('script'); s.type = 'speculationrules';
		const urls = [...Array(10).keys()].flatMap(i => ['/ahead/' + i, '/public?ahead=' + i]);
		s.textContent = JSON.stringify({prefetch: [{source: 'list', urls, eagerness: 'immediate'}]}); document.head.append(s); return true;
	})()`)
	// The application sees those that are open to everybody: so the others were asked for, too.
	other.settles("the browser fetches ahead", func() bool { return s.app.received.Load() >= before+10 })
	b.signIn("ada")
	b.lands(s.origin + "/mine")
	b.wantStatus(200)
}
