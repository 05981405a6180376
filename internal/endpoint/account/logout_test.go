package account_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/store/storetest"
)

var outcomes = []issuance.Outcome{issuance.GivesSession, issuance.GivesTokens, issuance.GivesBoth}

// TestLogout: this browser is out, on this node at once, and another one is not.
func TestLogout(t *testing.T) {
	for _, outcome := range outcomes {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome)
			other, p := s.person().signIn(t), s.person().signIn(t)
			thief := p.stolen()
			thief.isIn(t, true)
			w := p.post(t, logoutPath, "")
			expect(t, w, 303, "Location", signedOutPath)
			for _, set := range w.Header()["Set-Cookie"] {
				if !strings.HasSuffix(set, "=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure") && !strings.HasSuffix(set, "=; Path=/; Max-Age=0; Secure; Partitioned") {
					t.Errorf("cookie %s", set)
				}
			}
			for _, name := range []string{"__Host-edgeward-session", "__Host-ew_access", "__Host-ew_refresh"} {
				if p.cookies[name] != "" {
					t.Errorf("the browser keeps %s", name)
				}
			}
			thief.isIn(t, false) // what was copied before is worth nothing
			other.isIn(t, true)
			if !s.audited("logout", "subject/"+s.google.issuer+" alice") {
				t.Errorf("audit %v", s.Audit.Records())
			}
			if kept, err := s.Login.Of(t.Context(), s.google.issuer, "alice"); err != nil || len(kept) != len(other.cookies)/2 {
				t.Errorf("records are kept: %v, %v", kept, err)
			}
			expect(t, p.get(t, signedOutPath), 200)
			expect(t, p.post(t, logoutPath, ""), 303, "Location", signedOutPath) // again
		})
	}
}

// stolen is a browser with the same cookies.
func (p *person) stolen() *person {
	return &person{system: p.system, agent: p.agent, cookies: maps.Clone(p.cookies), planted: maps.Clone(p.planted)}
}

// TestLogoutOfAnOldToken: a thief who refreshed meanwhile is out with the rest of
// the family, also when the owner's token proves nobody any more.
func TestLogoutOfAnOldToken(t *testing.T) {
	s := start(t, issuance.GivesTokens)
	p := s.person().signIn(t)
	thief := p.stolen()
	for range 3 {
		s.Clock.Forward(time.Minute)
		pair, err := s.Refresh(t.Context(), issuance.By{}, edgeward.NewSecret(thief.cookies["__Host-ew_refresh"]), issuance.ScopeRequest{}, edgeward.Client{})
		if err != nil {
			t.Fatal(err)
		}
		thief.cookies["__Host-ew_refresh"] = pair.RefreshToken.Reveal()
	}
	delete(p.cookies, "__Host-ew_access")
	p.isIn(t, false)
	thief.isIn(t, true)
	expect(t, p.post(t, logoutPath, ""), 303)
	thief.isIn(t, false)
}

// TestLogoutEverywhere: all browsers, whatever they hold.
func TestLogoutEverywhere(t *testing.T) {
	for _, outcome := range outcomes {
		s := start(t, outcome)
		other, p := s.person().signIn(t), s.person().signIn(t)
		s.google.sub = "bob"
		bob := s.person().signIn(t)
		expect(t, p.post(t, logoutPath, "scope=everywhere"), 303)
		p.isIn(t, false)
		other.isIn(t, false)
		bob.isIn(t, true)
		s.google.sub = "alice"
		s.Clock.Forward(1e9)
		p.signIn(t).isIn(t, true) // one can come back
		if others := p.others(t); len(others) != 0 {
			t.Errorf("%s: dead sessions are shown: %v", outcome, others)
		}
	}
}

// TestLogoutAtTheProvider: the page's policy lets its form be redirected there,
// and nowhere else.
func TestLogoutAtTheProvider(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	w := p.get(t, logoutPath)
	expect(t, w, 200)
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "; form-action 'self' https://accounts.google.test; ") {
		t.Errorf("policy %s", policy)
	}
	if body := w.Body.String(); !strings.Contains(body, "Alice Example") || !strings.Contains(body, "At Google, too") {
		t.Errorf("page %s", body)
	}
	w = p.post(t, logoutPath, "provider=1")
	expect(t, w, 303)
	location := w.Header().Get("Location")
	if !strings.HasPrefix(location, "https://accounts.google.test/end?id_token_hint=eyJ") || !strings.HasSuffix(location, "&client_id=edge&post_logout_redirect_uri=https%3A%2F%2Fedge.example%2Fauth%2Fsigned-out") {
		t.Errorf("sent to %s", location)
	}
	p.isIn(t, false)
}

// TestNobodyLeaves: pages for who is not signed in, and for who still is.
func TestNobodyLeaves(t *testing.T) {
	s := start(t, issuance.GivesSession)
	expect(t, s.person().get(t, logoutPath), 303, "Location", signedOutPath)
	expect(t, s.person().get(t, signedOutPath), 200)
	expect(t, s.person().signIn(t).get(t, signedOutPath), 303, "Location", logoutPath)
}

// TestScripts get no redirect.
func TestScripts(t *testing.T) {
	s := start(t, issuance.GivesSession)
	w := s.person().get(t, sessionPath, script...)
	expect(t, w, 401, "Content-Type", "application/problem+json")
	if !strings.Contains(w.Body.String(), `"login_url":"https://edge.example/auth/login"`) || w.Header().Get("Www-Authenticate") == "" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	expect(t, s.person().get(t, sessionsPath, script...), 401)
	p := s.person().signIn(t)
	w = p.get(t, sessionPath, script...)
	want := `{"issuer":"https://accounts.google.test","subject":"alice","permissions":["orders:read"],"signed_in":"2026-01-01T00:00:00Z","expires":"2026-01-31T00:00:00Z"}` + "\n"
	if w.Body.String() != want || w.Header().Get("Cross-Origin-Resource-Policy") != "same-origin" || len(w.Header()["Set-Cookie"]) != 0 {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	expect(t, p.post(t, logoutPath, "", script...), 204, "Location", "")
	p.isIn(t, false)
}

// TestStoreTroubleAtLogout: nobody is told to be out who may be in, the cookies
// stay, and asking again works.
func TestStoreTroubleAtLogout(t *testing.T) {
	for _, outcome := range outcomes {
		for _, form := range []string{"", "scope=everywhere"} {
			for failing := range 8 {
				s := start(t, outcome)
				p := s.person().signIn(t)
				thief := p.stolen()
				s.Store.Follow(failAt(failing))
				w := p.post(t, logoutPath, form)
				s.Store.Follow(nil)
				if w.Code != 303 {
					refused(t, w, 503, "logout_unknown")
					if len(p.cookies) < 2 {
						t.Errorf("cookies %v", p.cookies)
					}
					expect(t, p.post(t, logoutPath, form), 303)
				}
				thief.isIn(t, false)
			}
		}
	}
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	s.Store.Follow(storetest.Down)
	expect(t, p.post(t, logoutPath, ""), 503)
}

// TestSameOrigin: row 24. No page of others changes anything; ours do.
func TestSameOrigin(t *testing.T) {
	for path, form := range map[string]string{logoutPath: "", sessionsPath: "others=1"} {
		for rule, row := range map[string]struct {
			site, from string
			status     int
		}{
			"our own page":                   {"same-origin", base, 303},
			"an older browser":               {"", base, 303},
			"neither says so":                {"", "", 403},
			"another site":                   {"cross-site", "https://evil.example", 403},
			"another site, an older browser": {"", "https://evil.example", 403},
			"a neighbour":                    {"same-site", "https://a.edge.example", 403},
			"the address bar":                {"none", "", 403},
			"a sandboxed frame":              {"", "null", 403},
			"metadata says no":               {"cross-site", base, 403},
			"origin says no":                 {"same-origin", "https://evil.example", 403},
		} {
			s := start(t, issuance.GivesBoth)
			p := s.person().signIn(t)
			before := len(s.Audit.Records())
			w := p.post(t, path, form, "Sec-Fetch-Site", row.site, "Origin", row.from)
			if w.Code != row.status {
				t.Errorf("%s, %s: status %d", path, rule, w.Code)
			}
			if row.status == 403 {
				p.isIn(t, true)
				if len(s.Audit.Records()) != before || len(w.Header()["Set-Cookie"]) != 0 {
					t.Errorf("%s, %s: something happened", path, rule)
				}
			}
		}
	}
}

// TestMethods: row 24. A GET changes nothing, nor does any method that an endpoint does not
// have.
func TestMethods(t *testing.T) {
	s := start(t, issuance.GivesBoth)
	p := s.person().signIn(t)
	for path, allow := range map[string]string{
		loginPath: "GET, HEAD", "/auth/callback": "GET, HEAD", sessionPath: "GET, HEAD", sessionsPath: "GET, HEAD, POST",
		logoutPath: "GET, HEAD, POST", signedOutPath: "GET, HEAD", backchannelPath: "POST", frontchannelPath: "GET, HEAD",
	} {
		if !s.Serves(path) || s.Serves(path+"/") || s.Serves(strings.ToUpper(path)) {
			t.Errorf("%s: served wrongly", path)
		}
		before := len(s.Audit.Records())
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
			if method == "POST" && strings.Contains(allow, "POST") {
				continue
			}
			w := p.send(t, method, path, http.NoBody)
			if known := strings.Contains(allow, method); known == (w.Code == 405) || !known && w.Header().Get("Allow") != allow {
				t.Errorf("%s %s: %d, Allow %q", method, path, w.Code, w.Header().Get("Allow"))
			}
			if method == "HEAD" && w.Body.Len() > 0 {
				t.Errorf("HEAD %s has a body", path)
			}
		}
		for _, r := range s.Audit.Records()[before:] {
			if r.Action != "login.failed" { // a callback without a state
				t.Errorf("%s: %v", path, r)
			}
		}
	}
	p.isIn(t, true)
	if s.Serves("/") || s.Serves("") || s.Serves("/auth") || s.Serves("/auth/refresh") {
		t.Error("it serves others' paths")
	}
}

// TestOtherHosts: cookies are one host's; elsewhere nothing is begun.
func TestOtherHosts(t *testing.T) {
	s := start(t, issuance.GivesSession)
	for _, target := range []string{"https://other.example/auth/login", "http://edge.example/auth/login", "https://edge.example:8443/auth/login"} {
		refused(t, s.person().get(t, target), 403, "forbidden")
	}
}

// TestBodies: strict and bounded.
func TestBodies(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	for rule, row := range map[string]struct {
		body, mediaType string
		status          int
	}{
		"too large":         {"a=" + strings.Repeat("x", 17<<10), "application/x-www-form-urlencoded", 413},
		"JSON":              {`{"scope":"everywhere"}`, "application/json", 400},
		"a scope twice":     {"scope=everywhere&scope=x", "application/x-www-form-urlencoded", 400},
		"no form":           {"%zz", "application/x-www-form-urlencoded", 400},
		"what nobody knows": {"color=red", "application/x-www-form-urlencoded", 303},
	} {
		if w := p.post(t, logoutPath, row.body, "Content-Type", row.mediaType); w.Code != row.status {
			t.Errorf("%s: %d", rule, w.Code)
		}
		if row.status != 303 {
			p.isIn(t, true)
		} else {
			p.signIn(t)
		}
	}
}

// TestAGuessInACookie: one that was made up is nobody's, and counts.
func TestAGuessInACookie(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	w := p.get(t, sessionPath, append([]string{"Cookie", "__Host-edgeward-session=ews_made-up"}, script...)...)
	expect(t, w, 401)
	if told := s.Limits.Told(p.home()); len(told) != 1 {
		t.Errorf("a guess was not counted: %v", told)
	}
}
