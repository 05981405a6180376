package account_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/store/storetest"
)

// ours are the cookies that something beside Edgeward can plant a second time.
var ours = []string{"__Host-edgeward-session", "__Host-ew_access", "__Host-ew_refresh", "__Host-ew_login"}

// TestAPlantedCookieLocksNobodyOut: row 22. A script or an application plants a
// cookie under one of our names with Partitioned, which a browser keeps beside
// ours. Neither of the two is believed, both go, and the person signs in.
func TestAPlantedCookieLocksNobodyOut(t *testing.T) {
	for _, outcome := range outcomes {
		for _, name := range ours {
			for when, plant := range map[string]func(*person){
				"made up":                  func(p *person) { p.planted[name] = "x" },
				"empty":                    func(p *person) { p.planted[name] = "" },
				"a copy":                   func(p *person) { p.planted[name] = p.cookies[name] },
				"another person's":         func(p *person) { p.planted[name] = p.system.person().signIn(t).cookies[name] },
				"before there is any":      func(p *person) { p.cookies, p.planted[name] = map[string]string{}, "x" },
				"beside one that has died": func(p *person) { p.cookies[name], p.planted[name] = "y", "x" },
			} {
				t.Run(string(outcome)+", "+name+", "+when, func(t *testing.T) {
					p := start(t, outcome, one).person().signIn(t)
					plant(p)
					w := p.get(t, loginPath+"?return_to=%2Fa")
					expect(t, w, 303)
					if location := w.Header().Get("Location"); location != "/a" { // else the other cookies say who it is
						expect(t, p.get(t, p.google.authorize(t, location)), 303, "Location", "/a")
					}
					if _, kept := p.planted[name]; kept && p.cookies[name] != "" {
						t.Error("it comes twice still")
					}
					p.isIn(t, true)
				})
			}
		}
	}
}

// TestARepeatedCookieProvesNobody: whatever the two are.
func TestARepeatedCookieProvesNobody(t *testing.T) {
	for _, outcome := range outcomes {
		s := start(t, outcome)
		for _, path := range []string{sessionPath, sessionsPath} {
			p := s.person().signIn(t)
			for _, name := range ours[:3] {
				if p.cookies[name] != "" {
					p.planted[name] = p.cookies[name]
				}
			}
			w := p.get(t, path, script...)
			expect(t, w, 401)
			for _, name := range ours[:3] {
				if p.cookies[name] != "" || p.planted[name] != "" {
					t.Errorf("%s: the browser keeps %s", path, name)
				}
			}
		}
	}
}

// TestLeavingWithARepeatedCookie: nobody knows which is the person's, so that all
// ends that they prove, and with scope=everywhere all of their people's.
func TestLeavingWithARepeatedCookie(t *testing.T) {
	for _, outcome := range outcomes {
		for _, form := range []string{"", "scope=everywhere"} {
			s := start(t, outcome)
			p, other := s.person().signIn(t), s.person().signIn(t)
			thief := p.stolen()
			for name := range p.cookies {
				p.planted[name] = "x"
			}
			w := p.get(t, logoutPath)
			expect(t, w, 200)
			if !strings.Contains(w.Body.String(), "more than one sign-in") || len(p.cookies) < 2 {
				t.Errorf("cookies %v, page %s", p.cookies, w.Body)
			}
			s.Store.Follow(storetest.Down)
			refused(t, p.post(t, logoutPath, form), 503, "logout_unknown")
			s.Store.Follow(nil)
			expect(t, p.post(t, logoutPath, form), 303, "Location", signedOutPath)
			delete(p.planted, "__Host-ew_login") // of a sign-in, which leaving does not touch
			if len(p.planted) > 0 || len(p.cookies) > 1 {
				t.Errorf("the browser keeps %v and %v", p.cookies, p.planted)
			}
			thief.isIn(t, false)
			other.isIn(t, form == "")
		}
	}
}

// TestACallbackWithARepeatedCookie: none is taken; what is begun anew works.
func TestACallbackWithARepeatedCookie(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	p := s.person()
	callback := p.begin(t, s.google, "google", "/a")
	p.planted["__Host-ew_login"] = p.cookies["__Host-ew_login"]
	w := p.get(t, callback)
	refused(t, w, 400, "login_mismatch")
	if !strings.Contains(w.Body.String(), "return_to=%2Fa") || len(p.cookies)+len(p.planted) > 0 {
		t.Errorf("cookies %v and %v, page %s", p.cookies, p.planted, w.Body)
	}
	p.signIn(t)
}

// TestAFloodOfCookies: a neighbouring host plants more than are read.
func TestAFloodOfCookies(t *testing.T) {
	p := start(t, issuance.GivesSession).person()
	for _, path := range []string{loginPath, logoutPath, sessionsPath} {
		w := p.get(t, path, "Cookie", strings.Repeat("a=1; ", 301))
		refused(t, w, 400, "bad_request")
		if got := w.Header().Get("Clear-Site-Data"); got != `"cookies"` {
			t.Errorf("Clear-Site-Data: %s", got)
		}
		w = p.get(t, path, append([]string{"Cookie", strings.Repeat("a=1; ", 301)}, program...)...)
		if w.Code != 400 || w.Header().Get("Clear-Site-Data") != "" {
			t.Errorf("a script: %d %v", w.Code, w.Header())
		}
	}
}
