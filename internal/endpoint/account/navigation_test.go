package account_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
)

// unwanted are requests of a browser that no user of it waits for.
var unwanted = map[string][]string{
	"a prefetch":          {"Sec-Purpose", "prefetch"},
	"a prerender":         {"Sec-Purpose", "prefetch;prerender"},
	"an older prefetch":   {"Purpose", "prefetch"},
	"Firefox's":           {"X-Moz", "prefetch"},
	"a neighbour's image": {"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Site", "same-site"},
	"a script":            {"Sec-Fetch-Mode", "cors"},
}

// TestOnlyANavigationBeginsASignIn: row 42. What no user waits for changes no
// cookie, so that it pushes no sign-in out.
func TestOnlyANavigationBeginsASignIn(t *testing.T) {
	for rule, fields := range unwanted {
		t.Run(rule, func(t *testing.T) {
			s := start(t, issuance.GivesSession, one)
			p := s.person()
			callback := p.begin(t, s.google, "", "/a")
			for i := range 10 {
				w := p.get(t, fmt.Sprintf("%s?return_to=/b%d", loginPath, i), fields...)
				expect(t, w, 401, "Location", "")
				if len(w.Header()["Set-Cookie"]) > 0 || w.Header().Get("Www-Authenticate") == "" {
					t.Errorf("header %v", w.Header())
				}
			}
			w := p.get(t, callback, fields...)
			expect(t, w, 401)
			if len(w.Header()["Set-Cookie"]) > 0 {
				t.Errorf("a callback sets %v", w.Header()["Set-Cookie"])
			}
			expect(t, p.get(t, callback, "Sec-Fetch-Site", "cross-site"), 303, "Location", "/a")
			p.isIn(t, true)
		})
	}
	s := start(t, issuance.GivesSession, one)
	expect(t, s.person().get(t, loginPath, program...), 303) // as an older browser
}

// TestALostAnswerIsNoTheft: row 31. A page of another site can have its visitor's
// browser navigate to the sign-in, or to a callback, and stop before the answer is
// there. Whatever was in that answer, the owner's cookies stay good.
func TestALostAnswerIsNoTheft(t *testing.T) {
	for _, outcome := range []issuance.Outcome{issuance.GivesTokens, issuance.GivesBoth} {
		for _, path := range []string{
			loginPath, loginPath + "?provider=google", "/auth/callback?state=x&code=y", sessionPath, sessionsPath, logoutPath, signedOutPath,
		} {
			s := start(t, outcome)
			p := s.person().signIn(t)
			lost := p.stolen()
			for range 3 {
				lost.get(t, path, "Sec-Fetch-Site", "cross-site")
				s.Clock.Forward(time.Hour)
			}
			expect(t, p.get(t, loginPath+"?return_to=/mine"), 303, "Location", "/mine")
			p.isIn(t, true)
			lost.isIn(t, true)
		}
	}
}

// TestSignInRotatesNothing: the refresh cookie stays, and is not set again, which
// could undo a rotation that happens meanwhile.
func TestSignInRotatesNothing(t *testing.T) {
	s := start(t, issuance.GivesTokens)
	p := s.person().signIn(t)
	before := p.cookies["__Host-ew_refresh"]
	s.Clock.Forward(20 * time.Minute)
	w := p.get(t, loginPath+"?return_to=/mine")
	expect(t, w, 303, "Location", "/mine")
	var access bool
	for _, set := range w.Header()["Set-Cookie"] {
		access = access || strings.HasPrefix(set, "__Host-ew_access=eyJ")
		if strings.HasPrefix(set, "__Host-ew_refresh=") && !strings.HasSuffix(set, "; Partitioned") {
			t.Errorf("it sets %s", set)
		}
	}
	if !access || p.cookies["__Host-ew_refresh"] != before {
		t.Errorf("cookies %v", w.Header()["Set-Cookie"])
	}
}

// TestAnAnswerByPost: a provider that is told response_mode=form_post. No cookie
// comes with it, and its operator learns what to set.
func TestAnAnswerByPost(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	w := s.person().post(t, "/auth/callback", "code=x&state=y", "Sec-Fetch-Site", "cross-site", "Origin", "https://accounts.google.test")
	refused(t, w, 405, "form_post")
	if allow := w.Header().Get("Allow"); allow != "GET, HEAD" || !strings.Contains(w.Body.String(), "response mode") {
		t.Errorf("Allow %q, page %s", allow, w.Body)
	}
	w = s.person().post(t, "/auth/callback", "code=x&state=y", program...)
	expect(t, w, 405, "Allow", "GET, HEAD")
	if !strings.Contains(w.Body.String(), "Set response_mode to query at the provider") {
		t.Errorf("document %s", w.Body)
	}
	expect(t, s.person().post(t, loginPath, ""), 405, "Allow", "GET, HEAD")
}

// What says which paths are the endpoints' leaves none out: files of a Pages project
// must not stand before one.
func TestPathsAreThoseOfTheEndpoints(t *testing.T) {
	s := start(t, issuance.GivesSession)
	named := account.Paths("")
	for _, e := range s.Set.Endpoints {
		if !slices.Contains(named, e.Path) {
			t.Errorf("%s is not named", e.Path)
		}
	}
	for _, path := range named {
		if !s.Set.Serves(path) {
			t.Errorf("%s is not served", path)
		}
	}
}
