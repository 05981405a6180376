package account_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

// many signs alice in so many times, each in a browser without cookies.
func (s *system) many(t *testing.T, n int) []*person {
	t.Helper()
	all := make([]*person, n)
	for i := range all {
		all[i] = s.person().signIn(t)
		s.Clock.Forward(time.Minute)
	}
	return all
}

func wantIn(t *testing.T, all []*person, from int) {
	t.Helper()
	for i, p := range all {
		if p.isIn(t, i >= from); t.Failed() {
			t.Fatalf("number %d of %d", i, len(all))
		}
	}
}

// One session at the provider has so many sign-ins here, whatever a program does
// with it: the oldest end.
func TestSignInsOfOneSessionAtTheProviderAreBounded(t *testing.T) {
	const most = 20
	for outcome, rows := range map[issuance.Outcome]int{issuance.GivesSession: 20, issuance.GivesTokens: 20, issuance.GivesBoth: 40} {
		s := start(t, outcome)
		s.google.sid = "another"
		other := s.person().signIn(t)
		s.google.sid = "sid-1"
		all := s.many(t, most+5)
		wantIn(t, all, 5)
		other.isIn(t, true)
		if ids, err := s.Login.Linked(t.Context(), s.google.issuer, "sid-1"); err != nil || len(ids) != rows {
			t.Errorf("%s: %d rows, %v", outcome, len(ids), err)
		}
	}
}

// So has one person, at a provider that gives every sign-in a session of its own
// or names none.
func TestSignInsOfOnePersonAreBounded(t *testing.T) {
	s := start(t, issuance.GivesSession)
	i := 0
	s.google.claims = func(o object) { i++; o["sid"] = fmt.Sprint(i) }
	wantIn(t, s.many(t, 203), 3)
}

// The bounds are configured. With one sign-in for a user, a user who signs in is signed
// out elsewhere; the newest stays, whatever it gives.
func TestTheBoundsOfSignInsAreConfigured(t *testing.T) {
	for _, outcome := range []issuance.Outcome{issuance.GivesSession, issuance.GivesTokens, issuance.GivesBoth} {
		crowded := 0
		s := start(t, outcome, func(a *account.Config, _ *login.Config) {
			a.Bounds = issuance.Bounds{PerUser: 1, PerSession: 5, Burst: 3, Interval: time.Hour}
			a.CrowdedOut = func(provider string) {
				if crowded++; provider != "google" {
					t.Errorf("crowded out at %q", provider)
				}
			}
		})
		first, second := s.person().signIn(t), s.person().signIn(t)
		first.isIn(t, false)
		second.isIn(t, true)
		third := s.person().signIn(t)
		second.isIn(t, false)
		third.isIn(t, true)
		if crowded != 2*s.rowsOf(outcome) {
			t.Errorf("%s: %d were crowded out", outcome, crowded)
		}
		fourth := s.person()
		w := fourth.get(t, fourth.begin(t, s.google, "google", "/x"))
		refused(t, w, 429, "too_many_logins")
		if got := w.Header().Get("Retry-After"); got != "3600" {
			t.Errorf("Retry-After %s", got)
		}
		third.isIn(t, true)
	}
}

// rowsOf is how many things a sign-in gives.
func (s *system) rowsOf(o issuance.Outcome) int {
	if o == issuance.GivesBoth {
		return 2
	}
	return 1
}

// Bounds that let no sign-in live are a mistake, not a policy.
func TestABoundOfNoSignInsIsRefused(t *testing.T) {
	s := start(t, issuance.GivesSession)
	for _, b := range []issuance.Bounds{{PerUser: 1}, {PerUser: 1, PerSession: 1, Burst: 1}, {PerUser: 1, PerSession: 1, Interval: time.Second}, {PerSession: 1, Burst: 1, Interval: time.Second}} {
		_, err := account.New(account.Config{Authority: s.Authority, Outcome: issuance.GivesSession, Login: s.Login, Tickets: s.tickets, Bounds: b})
		if err == nil {
			t.Errorf("%+v was taken", b)
		}
	}
}

// What is given lives, also where the lifetime has become shorter than that of
// older sign-ins.
func TestTheNewestSignInIsNotCrowdedOut(t *testing.T) {
	s := start(t, issuance.GivesSession)
	for i := range 25 {
		who := login.SignIn{Provider: "google", Issuer: s.google.issuer, Subject: "alice", SID: "sid-1"}
		if err := s.Login.Keep(t.Context(), fmt.Sprintf("session/%022d", i), who, s.Clock.Now().Add(365*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	s.person().signIn(t).isIn(t, true)
}

// A person who signs in without end waits, and nobody else does.
func TestSignInsOfOnePersonHaveAPace(t *testing.T) {
	s := start(t, issuance.GivesSession)
	for range 30 {
		s.person().signIn(t)
	}
	p := s.person()
	w := p.get(t, p.begin(t, s.google, "google", "/x"))
	refused(t, w, 429, "too_many_logins")
	if w.Header().Get("Retry-After") != "60" {
		t.Errorf("Retry-After %s", w.Header().Get("Retry-After"))
	}
	p.isIn(t, false)
	s.google.sub = "bob"
	s.person().signIn(t).isIn(t, true)
	s.google.sub = "alice"
	s.Clock.Forward(time.Minute)
	s.person().signIn(t).isIn(t, true)
	refused(t, p.get(t, p.begin(t, s.google, "google", "/x")), 429, "too_many_logins")
}

// A provider that gives up waiting has said it all the same.
func TestALogoutGoesOnWhenItsCallerHangsUp(t *testing.T) {
	for at := range 12 {
		s := start(t, issuance.GivesBoth)
		all := s.many(t, 3)
		ctx, hangUp := context.WithCancel(t.Context())
		operations := 0
		s.Store.Follow(func(o storetest.Operation) storetest.Fault {
			if operations++; operations == at+1 {
				hangUp()
			}
			return storetest.Fault{}
		})
		hr := httptest.NewRequestWithContext(ctx, "POST", base+backchannelPath, strings.NewReader("logout_token="+url.QueryEscape(s.google.logoutToken("j", nil))))
		hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, hr)
		s.Store.Follow(nil)
		if w.Code != 200 {
			t.Errorf("at %d: %d", at, w.Code)
		}
		wantIn(t, all, 3)
		hangUp()
	}
}

// More sign-ins of one session than are made, from before there was a bound, end
// with all of their person's, by one entry.
func TestACrowdEndsByOneEntry(t *testing.T) {
	s := start(t, issuance.GivesSession)
	p := s.person().signIn(t)
	var last edgeward.Secret
	for range 60 {
		cookie, made, err := s.CreateSession(t.Context(), issuance.By{}, session.Grant{Issuer: s.google.issuer, Subject: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		who := login.SignIn{Provider: "google", Issuer: s.google.issuer, Subject: "alice", SID: "sid-1"}
		if err := s.Login.Keep(t.Context(), issuance.SessionObject+made.ID, who, made.Expires); err != nil {
			t.Fatal(err)
		}
		last = cookie
	}
	writes := 0
	s.Store.Follow(func(o storetest.Operation) storetest.Fault {
		if o.Write() {
			writes++
		}
		return storetest.Fault{}
	})
	if status := s.say(t, s.google.logoutToken("j", nil)); status != 200 {
		t.Fatalf("status %d", status)
	}
	s.Store.Follow(nil)
	if writes > 10 {
		t.Errorf("%d writes", writes)
	}
	p.isIn(t, false)
	p.cookies["__Host-edgeward-session"] = last.Reveal()
	p.isIn(t, false)
}
