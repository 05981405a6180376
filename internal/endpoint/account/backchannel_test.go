package account_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/store/storetest"
)

// say posts a logout token as a provider's server does: no cookie, no origin.
func (s *system) say(t testing.TB, token string) int {
	t.Helper()
	p := s.person()
	w := p.post(t, backchannelPath, "logout_token="+url.QueryEscape(token),
		"Origin", "", "Sec-Fetch-Site", "", "Sec-Fetch-Mode", "", "User-Agent", "idp/1.0")
	if w.Header().Get("Cache-Control") != "no-store" || len(w.Header()["Set-Cookie"]) != 0 {
		t.Errorf("header %v", w.Header())
	}
	return w.Code
}

// TestBackchannelLogout: what came of that session at the provider has ended,
// and nothing else.
func TestBackchannelLogout(t *testing.T) {
	for _, outcome := range outcomes {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome)
			p := s.person().signIn(t)
			s.google.sid = "sid-2"
			other := s.person().signIn(t)
			s.google.sid = "sid-1"
			token := s.google.logoutToken("j1", nil)
			if status := s.say(t, token); status != 200 {
				t.Fatalf("status %d", status)
			}
			p.isIn(t, false)
			other.isIn(t, true)
			if !s.audited("logout.backchannel", "subject/"+s.google.issuer+" alice") {
				t.Errorf("audit %v", s.Audit.Records())
			}
			if status := s.say(t, token); status != 400 { // row 30: a replay
				t.Errorf("replayed: %d", status)
			}
			everywhere := s.google.logoutToken("j2", func(o object) { delete(o, "sid") })
			if status := s.say(t, everywhere); status != 200 {
				t.Errorf("without sid: %d", status)
			}
			other.isIn(t, false)
		})
	}
}

// An operator's sign-in at the console is of the same session at the provider.
func TestBackchannelLogoutClosesTheConsole(t *testing.T) {
	s := start(t, issuance.GivesSession)
	const name = issuance.ConsoleObject + "x"
	id, err := edgeward.NewIdentity(edgeward.Identity{
		Issuer: s.google.issuer, Subject: "alice", Session: name, IssuedAt: s.Clock.Now(), Expires: s.Clock.Now().Add(issuance.ConsoleLifetime),
	})
	if err != nil {
		t.Fatal(err)
	}
	who := login.SignIn{Provider: "google", Issuer: id.Issuer, Subject: id.Subject, SID: "sid-1"}
	if err := s.Login.Keep(t.Context(), name, who, id.Expires); err != nil {
		t.Fatal(err)
	}
	if status := s.say(t, s.google.logoutToken("j", nil)); status != 200 {
		t.Fatalf("status %d", status)
	}
	if err := s.Authority.Revocations.Check(id); !errors.Is(err, edgeward.CredentialRevoked) {
		t.Errorf("the console is open: %v", err)
	}
}

// TestBackchannelRefusals: row 30. Every refusal is a 400, and ends nothing.
func TestBackchannelRefusals(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	for rule, token := range map[string]string{
		"nothing":       "",
		"no token":      "x.y.z",
		"an ID token":   s.google.sign("JWT", object{"iss": s.google.issuer, "sub": "alice", "aud": client, "nonce": "n", "exp": 1 << 40, "iat": 1}),
		"another aud":   s.google.logoutToken("a", func(o object) { o["aud"] = "other" }),
		"no event":      s.google.logoutToken("b", func(o object) { delete(o, "events") }),
		"a nonce":       s.google.logoutToken("c", func(o object) { o["nonce"] = "n" }),
		"nobody":        s.google.logoutToken("d", func(o object) { delete(o, "sid"); delete(o, "sub") }),
		"another's iss": s.google.logoutToken("e", func(o object) { o["iss"] = "https://evil.example" }),
		"alg none":      "eyJhbGciOiJub25lIn0." + strings.Split(s.google.logoutToken("f", nil), ".")[1] + ".",
	} {
		if status := s.say(t, token); status != 400 {
			t.Errorf("%s: status %d", rule, status)
		}
	}
	p.isIn(t, true)
}

// What the provider signed and we refuse leaves somebody signed in who has left:
// the log warns of it. What a stranger made up does not fill it with warnings.
func TestARefusedLogoutTokenIsAWarningWhenTheProviderSignedIt(t *testing.T) {
	s := start(t, issuance.GivesSession)
	for token, want := range map[string]bool{
		s.google.logoutToken("a", func(o object) { delete(o, "events") }): true,
		s.google.logoutToken("b", nil) + "x":                              false,
		"":                                                                false,
	} {
		s.say(t, token)
		if err := s.seen[len(s.seen)-1].Err; endpoint.IsAlarm(err) != want {
			t.Errorf("an alarm: %v for %v", !want, err)
		}
	}
}

// A logout token as Ory Hydra and Glewlwyd send it, without exp.
func TestBackchannelLogoutWithoutExpiry(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	if status := s.say(t, s.google.logoutToken("j", func(o object) { delete(o, "exp"); delete(o, "sub") })); status != 200 {
		t.Errorf("status %d", status)
	}
	p.isIn(t, false)
}

// TestBackchannelInTrouble: the provider may say it again until it is known to
// hold.
func TestBackchannelInTrouble(t *testing.T) {
	for _, outcome := range outcomes {
		for failing := range 8 {
			s := start(t, outcome)
			p := s.person().signIn(t)
			token := s.google.logoutToken("j", nil)
			s.Store.Follow(failAt(failing))
			status := s.say(t, token)
			s.Store.Follow(nil)
			if status == 503 {
				status = s.say(t, token)
			}
			if status != 200 {
				t.Errorf("%s, write %d: status %d", outcome, failing, status)
			}
			p.isIn(t, false)
		}
	}
}

// A logout and a sign-in that was under way by then, whichever of the two comes in
// between two operations of the other: nobody is signed in, also where the logout
// found no record of the sign-in yet. Who begins anew gets in.
func TestALogoutAmidASignIn(t *testing.T) {
	for rule, change := range map[string]func(object){
		"by sid": func(o object) { delete(o, "sub") },
		"by sub": func(o object) { delete(o, "sid") },
		"both":   nil,
	} {
		for _, outcome := range outcomes {
			for step, more := 0, true; more; step++ {
				more = false
				for _, logoutFirst := range []bool{true, false} {
					s := start(t, outcome)
					p := s.person()
					callback := p.begin(t, s.google, "google", "/")
					signIn := func() { p.get(t, callback) }
					logout := func() {
						s.Clock.Forward(time.Second)
						if status := s.say(t, s.google.logoutToken("j", change)); status != 200 {
							t.Errorf("%s: logout: %d", rule, status)
						}
						s.Clock.Forward(time.Second) // what is made from now on is younger than the revocation
					}
					first, second := signIn, logout
					if logoutFirst {
						first, second = logout, signIn
					}
					if !s.interrupt(step, second, first) {
						second()
					} else {
						more = true
					}
					if p.isIn(t, false); t.Failed() {
						t.Fatalf("%s, %s, the logout first: %v, interrupted at operation %d", rule, outcome, logoutFirst, step)
					}
					s.Clock.Forward(time.Second)
					p.signIn(t).isIn(t, true)
				}
			}
		}
	}
}

// interrupt calls act before the nth operation of the store that do causes, and
// reports whether there were as many.
func (s *system) interrupt(n int, act, do func()) (done bool) {
	count := 0
	s.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if count++; count == n+1 {
			done = true
			act()
		}
		return storetest.Fault{}
	})
	defer s.Store.Follow(nil)
	do()
	return done
}
