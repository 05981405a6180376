package account_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store/storetest"
)

// A backend is the application's, which asks for a step-up by the control API.
type backend struct {
	api       http.Handler
	authority *issuance.Authority
	key       string
}

func (s *system) backend(t *testing.T) *backend {
	t.Helper()
	cfg := s.Authority.Config
	cfg.SignIns = s.Login
	a, err := issuance.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	api, err := admin.New(admin.Config{Authority: a, Store: s.Store, Now: s.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := a.CreateAPIKey(t.Context(), issuance.By{}, apikey.Grant{Subject: "back end", Permissions: []string{adminscope.SessionsWrite}})
	if err != nil {
		t.Fatal(err)
	}
	return &backend{&door.Endpoints{Set: api}, a, key.Reveal()}
}

// stepUp has the session of p get another id, and returns the status.
func (b *backend) stepUp(t *testing.T, p *person) int {
	t.Helper()
	const name = "__Host-edgeward-session"
	hr := httptest.NewRequest("POST", base+"/v1/sessions", strings.NewReader(
		`{"issuer":"`+p.google.issuer+`","subject":"alice","replaces":"`+p.cookies[name]+`"}`))
	hr.Header.Set("Authorization", "Bearer "+b.key)
	hr.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.api.ServeHTTP(w, hr)
	var made struct{ Cookie string }
	if w.Code == 201 && json.Unmarshal(w.Body.Bytes(), &made) == nil {
		p.cookies[name] = strings.TrimPrefix(made.Cookie, name+"=")
	}
	return w.Code
}

// After a step-up the provider finds the sign-in as before, and is found.
func TestASteppedUpSessionIsStillTheSignIns(t *testing.T) {
	for _, outcome := range []issuance.Outcome{issuance.GivesSession, issuance.GivesBoth} {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome)
			b := s.backend(t)
			p, other := s.person().signIn(t), s.person()
			s.google.sid = "sid-2"
			other.signIn(t)
			for range 2 {
				if status := b.stepUp(t, p); status != 201 {
					t.Fatalf("step-up: %d", status)
				}
			}
			if page := p.get(t, logoutPath).Body.String(); !strings.Contains(page, `name="provider"`) {
				t.Errorf("the provider cannot be left:\n%s", page)
			}
			s.google.sid = "sid-1"
			if status := s.say(t, s.google.logoutToken("j", nil)); status != 200 {
				t.Fatalf("status %d", status)
			}
			p.isIn(t, false)
			other.isIn(t, true)
		})
	}
}

// What else came of the sign-in leads to the session under its new id.
func TestTheFamilyEndsTheSteppedUpSession(t *testing.T) {
	s := start(t, issuance.GivesBoth)
	b, p := s.backend(t), s.person().signIn(t)
	before := p.cookies["__Host-ew_refresh"]
	if status := b.stepUp(t, p); status != 201 {
		t.Fatalf("step-up: %d", status)
	}
	session := p.cookies["__Host-edgeward-session"]
	thief := s.person()
	thief.cookies["__Host-ew_refresh"] = before
	expect(t, thief.post(t, logoutPath, ""), 303)
	p.cookies = map[string]string{"__Host-edgeward-session": session}
	p.isIn(t, false)
}

// A provider that says that somebody has left while their session gets another
// id is heard, at whatever step of either that is.
func TestBackchannelLogoutDuringAStepUp(t *testing.T) {
	for _, outcome := range []issuance.Outcome{issuance.GivesSession, issuance.GivesBoth} {
		for at := range 24 {
			for _, order := range []string{"the provider meanwhile", "the step-up meanwhile"} {
				s := start(t, outcome)
				b, p := s.backend(t), s.person().signIn(t)
				said := 0
				first, meanwhile := func() { b.stepUp(t, p) }, func() { said = s.say(t, s.google.logoutToken("j", nil)) }
				if order == "the step-up meanwhile" {
					first, meanwhile = meanwhile, first
				}
				var operations atomic.Int64
				s.Store.Follow(func(o storetest.Operation) storetest.Fault {
					// A read may be one that others who read the same wait for.
					if (o.Write() || strings.HasPrefix(o.Key, "login/")) && operations.Add(1) == int64(at)+1 {
						meanwhile()
					}
					return storetest.Fault{}
				})
				first()
				s.Store.Follow(nil)
				if said != 0 && said != 200 {
					t.Errorf("%s, %s at %d: %d", outcome, order, at, said)
				}
				p.isIn(t, said == 0)
			}
		}
	}
}

// leaving are the ways in which the person of the session can end it.
var leaving = map[string]func(t testing.TB, p *person) int{
	"logout": func(t testing.TB, p *person) int { return p.post(t, logoutPath, "", script...).Code },
	"another browser ends it": func(t testing.TB, p *person) int {
		return p.owner.post(t, sessionsPath, "end="+url.QueryEscape(p.first), script...).Code
	},
	"another browser ends all others": func(t testing.TB, p *person) int {
		return p.owner.post(t, sessionsPath, "others=1", script...).Code
	},
}

// A logout that overlaps a step-up says that all has ended when it has: whatever
// the order of their steps, the session does not live on under its new id, and
// neither does what else came of the sign-in.
func TestLeavingDuringAStepUp(t *testing.T) {
	for way, leave := range leaving {
		for _, outcome := range []issuance.Outcome{issuance.GivesSession, issuance.GivesBoth} {
			for at := range 40 {
				for _, order := range []string{"leaving meanwhile", "the step-up meanwhile"} {
					s := start(t, outcome)
					b, p := s.backend(t), s.person().signIn(t)
					p.owner, p.first = s.person().signIn(t), issuance.SessionObject+sessionOf(t, s, p)
					before, status := p.stolen(), 0
					before.owner, before.first = p.owner, p.first
					first, meanwhile := func() { b.stepUp(t, p) }, func() { status = leave(t, before) }
					if order == "the step-up meanwhile" {
						first, meanwhile = meanwhile, first
					}
					var operations atomic.Int64
					s.Store.Follow(func(o storetest.Operation) storetest.Fault {
						if (o.Write() || strings.HasPrefix(o.Key, "login/") || strings.HasPrefix(o.Key, "session/")) && operations.Add(1) == int64(at)+1 {
							meanwhile()
						}
						return storetest.Fault{}
					})
					first()
					s.Store.Follow(nil)
					if status != 204 {
						continue // not reached, or not known to have ended
					}
					p.isIn(t, false)
					if t.Failed() {
						t.Fatalf("%s, %s, %s at %d", way, outcome, order, at)
					}
				}
			}
		}
	}
}

// The cookie of before a step-up still signs out: the answer with the new one
// may be under way to the same browser.
func TestLogoutWithTheCookieOfBeforeAStepUp(t *testing.T) {
	s := start(t, issuance.GivesSession)
	b, p := s.backend(t), s.person().signIn(t)
	before := p.stolen()
	for range 2 {
		if status := b.stepUp(t, p); status != 201 {
			t.Fatalf("step-up: %d", status)
		}
	}
	expect(t, before.post(t, logoutPath, ""), 303)
	p.isIn(t, false)
}

// The same by the scheduler's choice of steps.
func TestLogoutsAndStepUpsInParallel(t *testing.T) {
	for range 40 {
		s := start(t, issuance.GivesBoth)
		b, p := s.backend(t), s.person().signIn(t)
		before := p.stolen()
		var both sync.WaitGroup
		status := 0
		both.Go(func() {
			for range 3 {
				b.stepUp(t, p)
			}
		})
		both.Go(func() { status = before.post(t, logoutPath, "", script...).Code })
		both.Wait()
		if status != 204 {
			t.Fatalf("logout: %d", status)
		}
		p.isIn(t, false)
	}
}

// sessionOf is the public id of the session of p.
func sessionOf(t *testing.T, s *system, p *person) string {
	t.Helper()
	id, ok := s.Sessions.IDOf(edgeward.NewSecret(p.cookies["__Host-edgeward-session"]))
	if !ok {
		t.Fatal("there is no session")
	}
	return id
}

// An operator, or the application's back end, that ends a session ends the refresh
// family of the same sign-in: whatever the reason says, also after a step-up.
func TestWhoeverEndsASessionEndsItsFamily(t *testing.T) {
	for i := range 4 {
		steppedUp, byEntry := i%2 == 1, i >= 2
		for _, reason := range []string{"", "stolen", "a laptop that was left on a train: " + strings.Repeat("x", 80)} {
			s := start(t, issuance.GivesBoth)
			b, p := s.backend(t), s.person().signIn(t)
			s.google.sid = "sid-2"
			other := s.person().signIn(t)
			if steppedUp && b.stepUp(t, p) != 201 {
				t.Fatal("no step-up")
			}
			id, ok := s.sessionOf(p)
			if !ok {
				t.Fatal("no session")
			}
			if byEntry {
				_, err := b.authority.Revoke(t.Context(), issuance.By{Actor: "operator"}, revocation.Entry{Scope: revocation.Session, Value: id, Reason: reason})
				if err != nil {
					t.Errorf("%q: %v", reason, err)
				}
			} else if err := b.authority.EndSession(t.Context(), issuance.By{Actor: "operator"}, id, reason); err != nil {
				t.Errorf("%q: %v", reason, err)
			}
			p.isIn(t, false)
			other.isIn(t, true)
		}
	}
}

func (s *system) sessionOf(p *person) (string, bool) {
	return s.Authority.Sessions.IDOf(edgeward.NewSecret(p.cookies["__Host-edgeward-session"]))
}
