package account_test

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/store/storetest"
)

// TestSignIn: a person comes back to the page first asked for, with cookies of
// exactly these flags (row 22 of the attack list).
func TestSignIn(t *testing.T) {
	const secure = "; HttpOnly; SameSite=Lax; Secure"
	for outcome, want := range map[issuance.Outcome][]string{
		issuance.GivesSession: {"__Host-edgeward-session=ews_*; Path=/; Max-Age=2592000" + secure},
		issuance.GivesTokens:  {"__Host-ew_access=eyJ*; Path=/; Max-Age=2592000" + secure, "__Host-ew_refresh=ewr_*; Path=/; Max-Age=2592000" + secure},
		issuance.GivesBoth: {"__Host-edgeward-session=ews_*; Path=/; Max-Age=2592000" + secure,
			"__Host-ew_access=eyJ*; Path=/; Max-Age=2592000" + secure, "__Host-ew_refresh=ewr_*; Path=/; Max-Age=2592000" + secure},
	} {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome, one)
			p := s.person()
			w := p.get(t, loginPath+"?return_to=%2Forders%3Fpage%3D2%26a%3Db")
			expect(t, w, 303)
			if set := w.Header()["Set-Cookie"]; len(set) != 1 || !strings.HasPrefix(set[0], "__Host-ew_login=") || !strings.HasSuffix(set[0], "; Path=/; Max-Age=600"+secure) {
				t.Errorf("transaction cookie %v", set)
			}
			w = p.get(t, s.google.authorize(t, w.Header().Get("Location")), "Sec-Fetch-Site", "cross-site")
			expect(t, w, 303, "Location", "/orders?page=2&a=b", "Referrer-Policy", "no-referrer")
			set := slices.DeleteFunc(w.Header()["Set-Cookie"], func(c string) bool { return strings.HasPrefix(c, "__Host-ew_login=") })
			if len(set) != len(want) {
				t.Fatalf("cookies %v", set)
			}
			for i, pattern := range want {
				if !like(set[i], pattern) {
					t.Errorf("cookie %s, want %s", set[i], pattern)
				}
			}
			if status, body := p.whoami(t); status != 200 || !strings.Contains(body, `"permissions":["orders:read"]`) {
				t.Errorf("%d %s", status, body)
			}
			if !slices.Equal(s.results, []string{"google ok"}) || !s.audited("login", "subject/"+s.google.issuer+" alice") {
				t.Errorf("results %v, audit %v", s.results, s.Audit.Records())
			}
		})
	}
}

// The audit log says who signed in where, from where and with what, and who did
// not; nothing in it is secret, and nobody fills it.
func TestSignInsAreAudited(t *testing.T) {
	s := start(t, issuance.GivesSession)
	s.person().signIn(t)
	last := func() issuance.Record {
		all := s.Audit.Records()
		r := all[len(all)-1]
		r.RequestID = ""
		return r
	}
	want := issuance.Record{Actor: "client", Action: "login", Object: "subject/" + s.google.issuer + " alice", Client: "192.0.2.1", UserAgent: firefox, Provider: "google"}
	if got := last(); got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	p := s.person()
	s.google.claims = func(o object) { o["nonce"] = "another" }
	refused(t, p.get(t, p.begin(t, s.google, "google", "/x")), 502, "provider_answer")
	want.Action, want.Object, want.Reason, want.Class = "login.failed", "login", "credential_malformed", "provider_answer"
	if got := last(); got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	before := len(s.Audit.Records())
	for range 300 {
		refused(t, s.person().get(t, "/auth/callback?state=made-up&code=secret-code"), 400, "login_mismatch")
	}
	if got := last(); got.Class != "login_mismatch" || got.Provider != "" {
		t.Errorf("%+v", got)
	}
	if n := len(s.Audit.Records()) - before; n > 100 {
		t.Errorf("%d records of 300 refusals", n)
	}
	s.Clock.Forward(time.Minute)
	s.person().get(t, "/auth/callback?state=made-up&code=secret-code")
	all := s.Audit.Records()
	if got := all[len(all)-2]; got.Action != "audit.suppressed" || got.Object != "records/201" || got.Actor != "edgeward" {
		t.Errorf("%+v", got)
	}
	for _, r := range all {
		if strings.Contains(fmt.Sprint(r), "secret-code") || strings.Contains(fmt.Sprint(r), "made-up") {
			t.Errorf("%+v", r)
		}
	}
	callback := p.begin(t, s.google, "google", "/x")
	s.google.answer = down
	before = len(s.Audit.Records())
	refused(t, p.get(t, callback), 503, "login_unavailable")
	if n := len(s.Audit.Records()) - before; n != 0 {
		t.Errorf("a provider in trouble refused nobody: %d records", n)
	}
}

// like matches a pattern whose stars stand for anything without a semicolon.
func like(s, pattern string) bool {
	for i, part := range strings.Split(pattern, "*") {
		at := strings.Index(s, part)
		if at < 0 || i == 0 && at != 0 || strings.Contains(s[:max(at, 0)], ";") && i > 0 && at > 0 && strings.Contains(s[:at], "; ") {
			return false
		}
		s = s[at+len(part):]
	}
	return s == ""
}

func (s *system) audited(action, object string) bool {
	return slices.ContainsFunc(s.Audit.Records(), func(r issuance.Record) bool { return r.Action == action && r.Object == object })
}

// TestIdentity: a session is of (issuer, subject); our own tokens say that we
// vouch, so their subject names the provider.
func TestIdentity(t *testing.T) {
	for outcome, want := range map[issuance.Outcome]string{
		issuance.GivesSession: `{"issuer":"https://accounts.google.test","subject":"alice",`,
		issuance.GivesTokens:  `{"issuer":"https://edge.example","subject":"google|alice",`,
	} {
		p := start(t, outcome).person().signIn(t)
		if status, body := p.whoami(t); status != 200 || !strings.HasPrefix(body, want) {
			t.Errorf("%d %s", status, body)
		}
	}
}

// TestTwoTabs: one cookie serves all tabs, in any order, at two providers.
func TestTwoTabs(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person()
	first := p.begin(t, s.google, "google", "/a")
	second := p.begin(t, s.keycloak, "keycloak", "/b")
	expect(t, p.get(t, second), 303, "Location", "/b")
	p.isIn(t, true)
	old := p.cookies["__Host-edgeward-session"]
	expect(t, p.get(t, first), 303, "Location", "/a")
	p.isIn(t, true)
	// Row 22: a new id at sign-in, and the old one is dead.
	thief := s.person()
	thief.cookies["__Host-edgeward-session"] = old
	thief.isIn(t, false)
}

// TestTabsOfOneMoment: ten tabs of a restored window begin before any has heard
// of the others' cookie. All get to their pages: one signs in, the others follow,
// and no loop is seen in that.
func TestTabsOfOneMoment(t *testing.T) {
	for _, outcome := range outcomes {
		s := start(t, outcome)
		p := s.person()
		var callbacks []string
		for i := range 10 {
			delete(p.cookies, "__Host-ew_login") // what this tab has sent
			callbacks = append(callbacks, p.begin(t, s.google, "google", fmt.Sprintf("/page/%d?a=b", i)))
		}
		slices.Reverse(callbacks) // the last cookie won
		for i, callback := range callbacks {
			expect(t, p.get(t, callback), 303, "Location", fmt.Sprintf("/page/%d?a=b", 9-i))
		}
		p.isIn(t, true)
		if n := len(slices.DeleteFunc(s.results, func(r string) bool { return r != "google ok" })); n != 1 {
			t.Errorf("signed in %d times", n)
		}
		for i := range 8 { // and who comes late
			expect(t, p.get(t, fmt.Sprintf("%s?return_to=/late/%d", loginPath, i)), 303, "Location", fmt.Sprintf("/late/%d", i))
		}
		// Somebody who is not in has to begin anew, at the same place.
		w := s.person().get(t, callbacks[0])
		refused(t, w, 400, "login_mismatch")
		if !strings.Contains(w.Body.String(), "provider=google&amp;return_to=%2Fpage%2F9%3Fa%3Db") {
			t.Errorf("page %s", w.Body)
		}
	}
}

// TestFixation: row 22. What was planted in a browser before is ended by the
// sign-in, and never becomes somebody.
func TestFixation(t *testing.T) {
	for _, outcome := range []issuance.Outcome{issuance.GivesSession, issuance.GivesTokens, issuance.GivesBoth} {
		s := start(t, outcome)
		attacker := s.person()
		attacker.google.sub = "mallory"
		attacker.signIn(t)
		s.google.sub = "alice"
		victim := s.person()
		victim.signIn(t) // which begins with nothing
		callback := victim.begin2(t, s)
		for name, value := range attacker.cookies {
			if name != "__Host-ew_login" {
				victim.cookies[name] = value
			}
		}
		expect(t, victim.get(t, callback), 303)
		attacker.isIn(t, false)
		if _, body := victim.whoami(t); !strings.Contains(body, "alice") {
			t.Errorf("%s: the victim is %s", outcome, body)
		}
	}
}

// begin2 begins a sign-in of somebody who is signed in, as by a step-up.
func (p *person) begin2(t testing.TB, s *system) string {
	t.Helper()
	fresh := s.person()
	callback := fresh.begin(t, s.google, "google", "/")
	p.cookies["__Host-ew_login"] = fresh.cookies["__Host-ew_login"]
	return callback
}

// TestWhoIsInGoesStraightBack: without the provider, and with new tokens.
func TestWhoIsInGoesStraightBack(t *testing.T) {
	for _, outcome := range []issuance.Outcome{issuance.GivesSession, issuance.GivesTokens, issuance.GivesBoth} {
		s := start(t, outcome)
		p := s.person().signIn(t)
		s.Clock.Forward(time.Hour) // the access token is over
		before := p.cookies["__Host-ew_access"]
		expect(t, p.get(t, loginPath+"?return_to=/x"), 303, "Location", "/x")
		if renewed := p.cookies["__Host-ew_access"] != before; renewed != (outcome != issuance.GivesSession) {
			t.Errorf("%s: renewed %v", outcome, renewed)
		}
	}
}

// TestLoop: three rounds within moments end on a page that says why, whether
// the provider is asked or not.
func TestLoop(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person()
	for range 3 {
		expect(t, p.get(t, p.begin(t, s.google, "google", "/x")), 303)
		delete(p.cookies, "__Host-edgeward-session") // the browser does not keep it, or the route wants something else
	}
	refused(t, p.get(t, loginPath+"?provider=google&return_to=/x"), 400, "login_loop")
	s.Clock.Forward(time.Minute)
	p.signIn(t)
	for range 3 {
		expect(t, p.get(t, loginPath+"?return_to=/x"), 303, "Location", "/x")
	}
	w := p.get(t, loginPath+"?return_to=/x")
	refused(t, w, 400, "login_loop")
	if !strings.Contains(w.Body.String(), `href="https://edge.example/auth/login?return_to=%2Fx">Sign in</a>`) {
		t.Errorf("no way to go on: %s", w.Body)
	}
}

// TestChooser: with several providers people choose, and see where they go.
func TestChooser(t *testing.T) {
	s := start(t, issuance.GivesSession, func(_ *account.Config, l *login.Config) { l.Providers[1].Label = `<script>alert(1)</script>` })
	w := s.person().get(t, loginPath+"?return_to=%2Fa%3Fb%3Dc%26provider%3Dx")
	expect(t, w, 200, "Content-Type", "text/html; charset=utf-8", "Referrer-Policy", "same-origin")
	for _, part := range []string{
		"Continue with Google", "accounts.google.test", "sso.example", "&lt;script&gt;alert(1)",
		`href="/auth/login?provider=google&amp;return_to=%2Fa%3Fb%3Dc%26provider%3Dx"`,
	} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("the page lacks %s:\n%s", part, w.Body)
		}
	}
	if len(w.Header()["Set-Cookie"]) != 0 || strings.Contains(w.Body.String(), "<script") {
		t.Errorf("%v", w.Header())
	}
	refused(t, s.person().get(t, loginPath+"?provider=nobody"), 400, "unknown_provider")
}

// TestReturnTo: row 25. Our own origin or the list, or nothing happens.
func TestReturnTo(t *testing.T) {
	s := start(t, issuance.GivesSession)
	in := s.person().signIn(t)
	for _, raw := range []string{
		"//evil.example", `/\evil.example`, `\\evil.example`, "/%09/evil.example", "/\t/evil.example", "/\n/evil.example", "https:evil.example", "https://evil.example",
		"https://edge.example@evil.example/", "https://edge.example.evil.example/", "javascript:alert(1)", "/.//evil.example", "/..//evil.example", "data:text/html,x",
		"http://edge.example/", "https://docs.example/other", "https://docs.example/start/..", "evil", " //evil.example", "/%2f/evil.example", "/%5cevil.example",
	} {
		for _, p := range []*person{s.person(), in} {
			for _, provider := range []string{"", "google"} {
				w := p.get(t, loginPath+"?"+url.Values{"return_to": {raw}, "provider": {provider}}.Encode())
				if w.Code != 400 || w.Header().Get("Location") != "" {
					t.Errorf("%q: %d to %s", raw, w.Code, w.Header().Get("Location"))
				}
				if len(w.Header()["Set-Cookie"]) > 0 || strings.Contains(w.Body.String(), "evil") {
					t.Errorf("%q: %v %s", raw, w.Header(), w.Body)
				}
			}
		}
	}
	for raw, want := range map[string]string{"": "/", "https://docs.example/start": "https://docs.example/start", base + "/a?b=c": "/a?b=c", "/" + strings.Repeat("a", 3000): "/"} {
		s.Clock.Forward(time.Minute) // no loop
		expect(t, in.get(t, loginPath+"?"+url.Values{"return_to": {raw}}.Encode()), 303, "Location", want)
	}
	w := s.person().get(t, loginPath+"?return_to=/a&return_to=//evil.example")
	refused(t, w, 400, "bad_request")
}

// TestTheProviderInTrouble: row 29. A page that can be read, the right status,
// and nobody half signed in.
func TestTheProviderInTrouble(t *testing.T) {
	html := &openid.Response{Status: 200, Header: edgeward.Header{"Content-Type": {"text/html"}}, Body: []byte("<h1>It works</h1>")}
	for rule, row := range map[string]struct {
		spoil  func(p *idp)
		status int
		code   string
	}{
		"down":                  {func(p *idp) { p.answer = down }, 503, "login_unavailable"},
		"too slow":              {func(p *idp) { p.answer = func(string) (*openid.Response, error) { return nil, errTimeout } }, 503, "login_unavailable"},
		"HTML":                  {func(p *idp) { p.answer = func(string) (*openid.Response, error) { return html, nil } }, 502, "provider_answer"},
		"another user's token":  {func(p *idp) { p.claims = func(o object) { o["nonce"] = "another" } }, 502, "provider_answer"},
		"another client's":      {func(p *idp) { p.claims = func(o object) { o["aud"] = "other" } }, 502, "provider_answer"},
		"a subject of no shape": {func(p *idp) { p.claims = func(o object) { o["sub"] = strings.Repeat("s", 300) } }, 502, "provider_answer"},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t, issuance.GivesBoth)
			p := s.person()
			callback := p.begin(t, s.google, "google", "/x")
			row.spoil(s.google)
			s.Clock.Forward(time.Minute)
			w := p.get(t, callback)
			refused(t, w, row.status, row.code)
			if !strings.Contains(w.Body.String(), `href="https://edge.example/auth/login?provider=google&amp;return_to=%2Fx"`) {
				t.Errorf("no way to go on:\n%s", w.Body)
			}
			p.isIn(t, false)
			if len(s.results) != 1 || s.results[0] != "google "+row.code {
				t.Errorf("results %v", s.results)
			}
			if w := s.person().get(t, callback, program...); w.Code != 400 || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("another browser's script: %d %v", w.Code, w.Header())
			}
		})
	}
	s := start(t, issuance.GivesSession, one)
	s.google.answer = down
	w := s.person().get(t, loginPath)
	refused(t, w, 503, "login_unavailable")
	if w.Header().Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
}

var errTimeout = fmt.Errorf("deadline exceeded")

func down(string) (*openid.Response, error) { return nil, errors.New("connection refused") }

// TestCallbacksOfNobody: rows 24 and 28, login CSRF: another browser's callback, a used one,
// a late one.
func TestCallbacksOfNobody(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person()
	callback := p.begin(t, s.google, "google", "/x")
	refused(t, s.person().get(t, callback), 400, "login_mismatch")
	w := s.person().get(t, "/auth/callback?state=made-up&code=x")
	if refused(t, w, 400, "login_mismatch"); !strings.Contains(w.Body.String(), `href="https://edge.example/auth/login">Sign in</a>`) {
		t.Errorf("no way to go on: %s", w.Body)
	}
	replay := p.cookies["__Host-ew_login"]
	expect(t, p.get(t, callback), 303)
	thief := s.person()
	thief.cookies["__Host-ew_login"] = replay
	refused(t, thief.get(t, callback), 400, "login_mismatch")
	thief.isIn(t, false)
	p = s.person()
	callback = p.begin(t, s.google, "google", "/x")
	s.Clock.Forward(11 * time.Minute)
	refused(t, p.get(t, callback), 400, "login_mismatch")
	p = s.person()
	for said, want := range map[string]struct {
		status int
		code   string
	}{"access_denied": {403, "login_denied"}, `access_denied"><script>`: {502, "provider_answer"}, "invalid_request": {502, "provider_answer"}} {
		state, _ := url.Parse(p.begin(t, s.google, "google", "/x"))
		q := state.Query()
		q.Del("code")
		q.Set("error", said)
		q.Set("error_description", "<b>PKCE is off</b>")
		w = p.get(t, "/auth/callback?"+q.Encode())
		refused(t, w, want.status, want.code)
		if body := w.Body.String(); strings.Contains(body, "access_denied") || strings.Contains(body, "PKCE") {
			t.Error("it shows what the provider said")
		}
		if err := s.seen[len(s.seen)-1].Err; !strings.Contains(err.Error(), "PKCE is off") {
			t.Errorf("the log does not say what the provider said: %v", err)
		}
	}
	refused(t, p.get(t, "/auth/callback?state=a&state=b&code=c"), 400, "bad_request")
}

// TestCodesAreGuessed: whoever makes up codes, each for a sign-in begun for it,
// waits like whoever makes up cookies, and costs the provider nothing then.
func TestCodesAreGuessed(t *testing.T) {
	s := start(t, issuance.GivesSession)
	client := netip.MustParseAddr("192.0.2.1")
	p := s.person()
	u, _ := url.Parse(p.begin(t, s.google, "google", "/x"))
	q := u.Query()
	q.Set("code", "made-up")
	refused(t, p.get(t, "/auth/callback?"+q.Encode()), 400, "login_mismatch")
	if told := s.Limits.Told(client); !slices.Equal(told, []edgeward.Reason{edgeward.CodeInvalid}) {
		t.Errorf("the limits were told %v", told)
	}
	callback := p.begin(t, s.google, "google", "/x")
	s.Limits.Block(client)
	s.google.answer = func(url string) (*openid.Response, error) {
		t.Errorf("asked for %s", url)
		return nil, nil
	}
	if w := p.get(t, callback); w.Header().Get("Retry-After") == "" {
		t.Error("not told how long to wait")
	} else {
		refused(t, w, 429, "too_many_requests")
	}
	s.google.answer = nil
	if _, err := s.Limits.Clear(t.Context(), netip.PrefixFrom(client, 32)); err != nil {
		t.Fatal(err)
	}
	expect(t, p.get(t, callback), 303) // waiting has cost nothing
	p.isIn(t, true)
}

// TestStoreTroubleAtSignIn: could not tell is 503, and nobody is signed in.
func TestStoreTroubleAtSignIn(t *testing.T) {
	for _, outcome := range []issuance.Outcome{issuance.GivesSession, issuance.GivesTokens, issuance.GivesBoth} {
		for failing := range 12 {
			s := start(t, outcome)
			p := s.person()
			callback := p.begin(t, s.google, "google", "/x")
			s.Store.Follow(failAt(failing))
			w := p.get(t, callback)
			s.Store.Follow(nil)
			if w.Code == 303 { // all writes got through
				p.isIn(t, true)
				continue
			}
			refused(t, w, 503, "login_unavailable")
			p.isIn(t, false)
		}
	}
}

// TestWhatCannotBeKeptIsNotGiven: a sign-in that no logout of the provider's
// would find is taken back.
func TestWhatCannotBeKeptIsNotGiven(t *testing.T) {
	s := start(t, issuance.GivesBoth)
	p := s.person()
	callback := p.begin(t, s.google, "google", "/x")
	s.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Name == "create" && strings.HasPrefix(o.Key, "login/kept/") {
			return storetest.Fault{Before: storetest.ErrInjected}
		}
		return storetest.Fault{}
	})
	refused(t, p.get(t, callback), 503, "login_unavailable")
	s.Store.Follow(nil)
	if page, _, err := s.ListSessions(t.Context(), s.google.issuer, "alice", "", 10); err != nil || len(page) != 0 {
		t.Errorf("sessions %v, %v", page, err)
	}
}

// Where no routes are at the login's origin, its "/" would be refused: who names no
// page is led to another one.
func TestWhoNamesNoPage(t *testing.T) {
	for home, want := range map[string]string{"": "/", sessionsPath: sessionsPath} {
		s := start(t, issuance.GivesSession, one, func(c *account.Config, _ *login.Config) { c.Home = home })
		p := s.person()
		expect(t, p.get(t, p.begin(t, p.google, "google", "")), 303, "Location", want)
		expect(t, p.get(t, loginPath), 303, "Location", want)
		expect(t, p.get(t, loginPath+"?return_to=/x"), 303, "Location", "/x")
		if w := p.get(t, logoutPath); !strings.Contains(w.Body.String(), `href="`+want+`">Stay signed in`) {
			t.Errorf("who stays is not led to %s:\n%s", want, w.Body)
		}
	}
}
