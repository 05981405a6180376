package account_test

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

// home is where httptest's requests come from.
func (p *person) home() netip.Addr { return netip.MustParseAddr("192.0.2.1") }

var endButton = regexp.MustCompile(`name="end" value="([^"]+)"`)

// others returns the names of the sessions that the page offers to end.
func (p *person) others(t testing.TB) (names []string) {
	t.Helper()
	w := p.get(t, sessionsPath)
	expect(t, w, 200, "Content-Type", "text/html; charset=utf-8")
	for _, match := range endButton.FindAllStringSubmatch(w.Body.String(), -1) {
		names = append(names, match[1])
	}
	return names
}

// TestSessions: people see where they are signed in, this browser marked, and
// end the others, one or all, whatever signing in gave.
func TestSessions(t *testing.T) {
	for _, outcome := range outcomes {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome)
			phone, work := s.person(), s.person()
			phone.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
			work.agent = "<script>alert(1)</script>"
			phone.signIn(t)
			work.signIn(t)
			s.google.sub = "bob"
			bob := s.person().signIn(t)
			s.google.sub = "alice"
			s.Clock.Forward(5 * time.Hour)
			p := s.person().signIn(t)

			body := p.get(t, sessionsPath).Body.String()
			for _, part := range []string{"Firefox on Linux<span class=\"badge\">This browser", "Safari on iOS", "&lt;script&gt;alert(1)", "192.0.2.1", "5 hours ago", "Alice Example", "End all others"} {
				if strings.Count(body, part) < 1 {
					t.Errorf("the page lacks %s:\n%s", part, body)
				}
			}
			if strings.Contains(body, "<script") || strings.Count(body, "<li>") != 3 {
				t.Errorf("page:\n%s", body)
			}
			names := p.others(t)
			if len(names) != 2 {
				t.Fatalf("others %v", names)
			}
			expect(t, p.post(t, sessionsPath, "end="+url.QueryEscape(names[0])), 303, "Location", "/auth/sessions?ended=1")
			if left := p.others(t); len(left) != 1 || left[0] != names[1] {
				t.Errorf("others %v", left)
			}
			third := s.person().signIn(t)
			expect(t, p.post(t, sessionsPath, "others=1", script...), 204)
			for _, gone := range []*person{phone, work, third} {
				gone.isIn(t, false)
			}
			p.isIn(t, true)
			bob.isIn(t, true)
			if body := p.get(t, sessionsPath).Body.String(); strings.Contains(body, "End all others") {
				t.Error("it offers to end nothing")
			}
		})
	}
}

// TestSessionsOfOthers: who ends what is not theirs learns that it is not there.
func TestSessionsOfOthers(t *testing.T) {
	for _, outcome := range outcomes {
		s := start(t, outcome)
		alice, second := s.person().signIn(t), s.person().signIn(t)
		own := alice.others(t)
		s.google.sub = "mallory"
		mallory := s.person().signIn(t)
		for _, name := range append(own, "session/x", "family/x", "api_key/x", "session/"+strings.Repeat("A", 22)) {
			refused(t, mallory.post(t, sessionsPath, "end="+url.QueryEscape(name)), 404, "not_found")
		}
		alice.isIn(t, true)
		second.isIn(t, true)
	}
}

// TestEndingOneself is leaving.
func TestEndingOneself(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p, other := s.person().signIn(t), s.person().signIn(t)
	name := other.others(t)[0]
	expect(t, p.post(t, sessionsPath, "end="+url.QueryEscape(name)), 303, "Location", signedOutPath)
	if p.cookies["__Host-edgeward-session"] != "" {
		t.Error("the cookie stays")
	}
}

// TestNobodysSessions: people are sent to sign in and come back.
func TestNobodysSessions(t *testing.T) {
	s := start(t, issuance.GivesSession)
	expect(t, s.person().get(t, sessionsPath), 303, "Location", "/auth/login?return_to=%2Fauth%2Fsessions")
	refused(t, s.person().post(t, sessionsPath, "others=1"), 401, "credential_required")
	p := s.person().signIn(t)
	for _, form := range []string{"", "others=0", "others=1&end=session/x", "end="} {
		refused(t, p.post(t, sessionsPath, form), 400, "bad_request")
	}
}

// TestARevokedFamilyIsNotShown, although nobody knows of its revocation any more
// but its row.
func TestARevokedFamilyIsNotShown(t *testing.T) {
	s := start(t, issuance.GivesTokens)
	other := s.person().signIn(t)
	p := s.person().signIn(t)
	names := p.others(t)
	if err := s.Families.Revoke(t.Context(), strings.TrimPrefix(names[0], issuance.FamilyObject), "test"); err != nil {
		t.Fatal(err)
	}
	if left := p.others(t); len(left) != 0 {
		t.Errorf("others %v", left)
	}
	delete(other.cookies, "__Host-ew_access")
	other.isIn(t, false)
}

// TestManySessions: the page is bounded, and ending goes on from there.
// TestMuchThatHasEnded: a page costs no more than a bound, and the browser's own
// is on it, whatever else a person has ended by logging out everywhere.
func TestMuchThatHasEnded(t *testing.T) {
	for _, outcome := range []issuance.Outcome{issuance.GivesSession, issuance.GivesTokens} {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome, one)
			who := login.SignIn{Provider: "google", Issuer: s.google.issuer, Subject: "alice"}
			for range 1500 {
				given, err := s.SignIn(t.Context(), issuance.By{}, &who, outcome, edgeward.Client{})
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Login.Keep(t.Context(), given.Objects()[0], who, s.Clock.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.SignOutEverywhere(t.Context(), issuance.By{}, who.Provider, who.Issuer, who.Subject, "logout_everywhere"); err != nil {
				t.Fatal(err)
			}
			s.Clock.Forward(time.Second)
			p := s.person().signIn(t)
			var read atomic.Int32
			s.Store.Follow(func(o storetest.Operation) storetest.Fault {
				if o.Name == "get" {
					read.Add(1)
				}
				return storetest.Fault{}
			})
			w := p.get(t, sessionsPath)
			if expect(t, w, 200); strings.Count(w.Body.String(), "This browser") != 1 {
				t.Error("the browser's own is not there")
			}
			if n := read.Load(); n > 1100 {
				t.Errorf("%d rows were read", n)
			}
		})
	}
}

func TestManySessions(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	for range 450 {
		if _, _, err := s.CreateSession(t.Context(), issuance.By{}, session.Grant{Issuer: s.google.issuer, Subject: "alice"}); err != nil {
			t.Fatal(err)
		}
	}
	for len(p.others(t)) > 0 {
		if body := p.get(t, sessionsPath).Body.String(); strings.Count(body, "This browser") != 1 || strings.Count(body, "<li>") > 1+200 {
			t.Fatalf("%d sessions", strings.Count(body, "<li>"))
		}
		expect(t, p.post(t, sessionsPath, "others=1"), 303)
	}
	p.isIn(t, true)
}

// TestSessionsInTrouble: nothing is claimed.
func TestSessionsInTrouble(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p, other := s.person().signIn(t), s.person().signIn(t)
	s.Store.Follow(failAt(0))
	refused(t, p.post(t, sessionsPath, "others=1"), 503, "logout_unknown")
	s.Store.Follow(nil)
	expect(t, p.post(t, sessionsPath, "others=1"), 303)
	other.isIn(t, false)
}

// TestPagesAreInert: row 27. Every page runs nothing, loads nothing, is framed
// by nobody, and can be used without seeing it.
func TestPagesAreInert(t *testing.T) {
	s := start(t, issuance.GivesBoth)
	p := s.person().signIn(t)
	for target, who := range map[string]*person{
		loginPath: s.person(), logoutPath: p, sessionsPath: p, sessionsPath + "?ended=1": p, signedOutPath: s.person(),
	} {
		w := who.get(t, target)
		expect(t, w, 200, "Referrer-Policy", "same-origin")
		body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'; style-src 'sha256-", "base-uri 'none'; form-action 'self'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: policy %s", target, policy)
			}
		}
		for _, part := range []string{"<!DOCTYPE html>\n<html lang=\"en\">", "<title>", "</title>", "<main", "<h1>", "name=\"viewport\"", "prefers-color-scheme:dark"} {
			if strings.Count(body, part) != 1 {
				t.Errorf("%s: has %s %d times", target, part, strings.Count(body, part))
			}
		}
		for _, part := range []string{"<script", "<img", "<link", "src=", "@import", "url(", "style=\"", "http:", "ZgotmplZ", "onclick"} {
			if strings.Contains(body, part) {
				t.Errorf("%s: has %s", target, part)
			}
		}
	}
}

// All others are all of them, also where there are more than one look shows.
func TestAllOthersEndHoweverMany(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	for range 450 {
		if _, _, err := s.CreateSession(t.Context(), issuance.By{}, session.Grant{Issuer: s.google.issuer, Subject: "alice"}); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, p.post(t, sessionsPath, "others=1"), 303)
	page, _, err := s.ListSessions(t.Context(), s.google.issuer, "alice", "", 10)
	if err != nil || len(page) != 1 {
		t.Errorf("%d sessions are left, %v", len(page), err)
	}
	p.isIn(t, true)
}

// What "log out everywhere" or a revocation has ended lies in the store until its
// time, and must not hide what is alive from the end of all others.
func TestAllOthersEndBehindWhatHasEnded(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	for range 1200 {
		_, made, err := s.Authority.CreateSession(t.Context(), issuance.By{}, session.Grant{Issuer: s.google.issuer, Subject: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Authority.Revocations.Revoke(t.Context(), revocation.Entry{Scope: revocation.Session, Value: made.ID}); err != nil {
			t.Fatal(err)
		}
	}
	s.google.sid = "sid-2"
	var others []*person
	for range 19 { // their ids have no order
		others = append(others, s.person().signIn(t))
	}
	expect(t, p.post(t, sessionsPath, "others=1"), 303)
	for _, other := range others {
		other.isIn(t, false)
	}
	p.isIn(t, true)
}

// With both, a browser whose session has idled out is signed in by its refresh
// family: it is listed, and ends with all others.
func TestAFamilyWithoutItsSessionIsADevice(t *testing.T) {
	s := start(t, issuance.GivesBoth)
	other := s.person().signIn(t)
	s.Clock.Forward(25 * time.Hour)
	other.isIn(t, true)
	s.google.sid = "sid-2"
	p := s.person().signIn(t)
	if page := p.get(t, sessionsPath).Body.String(); strings.Count(page, `name="end"`) != 1 || !strings.Contains(page, `value="family/`) {
		t.Errorf("the page does not list it:\n%s", page)
	}
	expect(t, p.post(t, sessionsPath, "others=1"), 303)
	other.isIn(t, false)
	p.isIn(t, true)
}

// And the other way round: by a browser that has its refresh family left alone, the
// sessions of the others end, too.
func TestSessionsEndFromABrowserWithoutOne(t *testing.T) {
	s := start(t, issuance.GivesBoth)
	p := s.person().signIn(t)
	s.Clock.Forward(25 * time.Hour)
	s.google.sid = "sid-2"
	other := s.person().signIn(t)
	delete(other.cookies, "__Host-ew_refresh")
	delete(other.cookies, "__Host-ew_access")
	_, back, err := s.Authority.CreateSession(t.Context(), issuance.By{}, session.Grant{Issuer: s.google.issuer, Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, p.post(t, sessionsPath, "others=1"), 303)
	other.isIn(t, false)
	p.isIn(t, true)
	if _, err := s.Authority.Session(t.Context(), back.ID); err == nil {
		t.Error("the session that a back end made lives on")
	}
}

// A browser that has lost its session's cookie, or has two, is one device all the
// same: ending all others does not end it by the session that nobody else has.
func TestABrowserThatLostItsSessionCookieStaysIn(t *testing.T) {
	for rule, lose := range map[string]func(*person){
		"lost":  func(p *person) { delete(p.cookies, "__Host-edgeward-session") },
		"twice": func(p *person) { p.planted["__Host-edgeward-session"] = "x" },
	} {
		s := start(t, issuance.GivesBoth)
		p := s.person().signIn(t)
		s.google.sid = "sid-2"
		other := s.person().signIn(t)
		lose(p)
		page := p.get(t, sessionsPath).Body.String()
		if strings.Count(page, "This browser") != 1 || strings.Count(page, `name="end"`) != 1 {
			t.Errorf("%s:\n%s", rule, page)
		}
		expect(t, p.post(t, sessionsPath, "others=1"), 303)
		p.isIn(t, true)
		other.isIn(t, false)
	}
}

// A back end gives tokens to whom it likes, and their subject may end where that of
// a provider's person begins: that is one of nobody's, and not everybody.
func TestASubjectThatIsEmptyIsNotEverybody(t *testing.T) {
	for _, outcome := range outcomes {
		s := start(t, outcome)
		alice := s.person().signIn(t)
		pair, err := s.MintPair(t.Context(), issuance.By{Actor: "app"}, issuance.Grant{Subject: issuance.Account("google", "")}, edgeward.Client{})
		if err != nil {
			t.Fatal(err)
		}
		mallory := s.person()
		mallory.cookies["__Host-ew_access"] = pair.AccessToken.Reveal()
		mallory.cookies["__Host-ew_refresh"] = pair.RefreshToken.Reveal()
		if names := mallory.others(t); len(names) > 0 {
			t.Errorf("%s: shows %v", outcome, names)
		}
		mallory.post(t, sessionsPath, "others=1")
		alice.isIn(t, true)
	}
}
