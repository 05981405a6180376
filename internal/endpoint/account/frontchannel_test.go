package account_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/store/storetest"
)

const (
	frontchannelPath = "/auth/frontchannel-logout"
	longSID          = "0f61cd0a-93a4-4b0a-b0a6-7a7b1a0a6a01"
)

// framed asks as a browser does for a frame of a provider's page: no cookie comes.
func (s *system) framed(t testing.TB, query url.Values, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return s.person().get(t, frontchannelPath+"?"+query.Encode(), append([]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, header...)...)
}

// What came of that session at the provider has ended, and nothing else; the answer is
// an empty page that the provider's pages alone may frame.
func TestFrontchannelLogout(t *testing.T) {
	for _, outcome := range outcomes {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome)
			s.google.sid = longSID
			p := s.person().signIn(t)
			s.google.sid = strings.ToUpper(longSID)
			other := s.person().signIn(t)
			w := s.framed(t, url.Values{"iss": {s.google.issuer}, "sid": {longSID}})
			expect(t, w, 200, "Content-Security-Policy", "default-src 'none'; frame-ancestors https://accounts.google.test", "Content-Type", "text/html; charset=utf-8")
			if w.Body.Len() > 0 || w.Header().Get("X-Frame-Options") != "" || len(w.Header()["Set-Cookie"]) > 0 {
				t.Errorf("%v %s", w.Header(), w.Body)
			}
			p.isIn(t, false)
			other.isIn(t, true)
			if !s.audited("logout.frontchannel", "subject/"+s.google.issuer+" alice") {
				t.Errorf("audit %v", s.Audit.Records())
			}
			records := len(s.Audit.Records())
			expect(t, s.framed(t, url.Values{"iss": {s.google.issuer}, "sid": {longSID}}), 200) // again, as browsers do
			other.isIn(t, true)
			if len(s.Audit.Records()) != records {
				t.Error("a logout of nothing is in the audit log")
			}
		})
	}
}

// Both parameters are demanded, of a provider that is there, and a session that no one
// guesses.
func TestAFrontchannelLogoutThatEndsNothing(t *testing.T) {
	s := start(t, issuance.GivesSession)
	s.google.sid = longSID
	p := s.person().signIn(t)
	s.google.sid = "alice"
	short := s.person().signIn(t)
	for rule, query := range map[string]url.Values{
		"nothing":                {},
		"no iss":                 {"sid": {longSID}},
		"no sid":                 {"iss": {s.google.issuer}},
		"an empty iss":           {"iss": {""}, "sid": {longSID}},
		"a sid of a login name":  {"iss": {s.google.issuer}, "sid": {"alice"}},
		"a sid of 15":            {"iss": {s.google.issuer}, "sid": {longSID[:15]}},
		"a sid of 256":           {"iss": {s.google.issuer}, "sid": {strings.Repeat("a", 256)}},
		"a sid with a line":      {"iss": {s.google.issuer}, "sid": {longSID + "\n"}},
		"no provider of that":    {"iss": {"https://evil.example"}, "sid": {longSID}},
		"another spelling of it": {"iss": {s.google.issuer + "/"}, "sid": {longSID}},
		"iss twice":              {"iss": {s.google.issuer, s.google.issuer}, "sid": {longSID}},
	} {
		if w := s.framed(t, query); w.Code != 400 || strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors https") {
			t.Errorf("%s: %d %v", rule, w.Code, w.Header())
		}
	}
	// A session of another provider is another one.
	expect(t, s.framed(t, url.Values{"iss": {s.keycloak.issuer}, "sid": {longSID}}), 200)
	p.isIn(t, true)
	short.isIn(t, true)
}

// Guesses are bounded by network, and a provider's logout of a known session is not.
func TestGuessesOfASessionAreBounded(t *testing.T) {
	s := start(t, issuance.GivesSession)
	s.google.sid = longSID
	p := s.person().signIn(t)
	writes := 0
	s.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Write() {
			writes++
		}
		return storetest.Fault{}
	})
	blocked := 0
	for i := range 300 {
		w := s.framed(t, url.Values{"iss": {s.google.issuer}, "sid": {strings.Repeat("x", 20) + string(rune('a'+i%26)) + strings.Repeat("y", i/26)}})
		if w.Code == 429 {
			if blocked++; w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
	s.Store.Follow(nil)
	if blocked != 100 || writes > 2*200 {
		t.Errorf("%d of 300 guesses were blocked, %d writes", blocked, writes)
	}
	expect(t, s.framed(t, url.Values{"iss": {s.google.issuer}, "sid": {longSID}}), 200)
	p.isIn(t, false)
	s.Clock.Forward(time.Hour)
	expect(t, s.framed(t, url.Values{"iss": {s.google.issuer}, "sid": {longSID}}), 200)
}

// A sign-in that is under way is over, too; one that begins anew is not.
func TestAFrontchannelLogoutEndsASignInUnderWay(t *testing.T) {
	s := start(t, issuance.GivesSession)
	s.google.sid = longSID
	p := s.person()
	callback := p.begin(t, s.google, "google", "/x")
	expect(t, s.framed(t, url.Values{"iss": {s.google.issuer}, "sid": {longSID}}), 200)
	refused(t, p.get(t, callback), 400, "login_mismatch")
	p.isIn(t, false)
	s.Clock.Forward(time.Second)
	p.signIn(t).isIn(t, true)
}

// That the store does not answer is not answered as if all had ended.
func TestAFrontchannelLogoutThatIsNotKnown(t *testing.T) {
	s := start(t, issuance.GivesSession)
	s.google.sid = longSID
	p := s.person().signIn(t)
	s.Store.Follow(failAt(0))
	if w := s.framed(t, url.Values{"iss": {s.google.issuer}, "sid": {longSID}}); w.Code != 503 {
		t.Errorf("%d", w.Code)
	}
	s.Store.Follow(nil)
	p.isIn(t, true)
	expect(t, s.framed(t, url.Values{"iss": {s.google.issuer}, "sid": {longSID}}), 200)
	p.isIn(t, false)
}
