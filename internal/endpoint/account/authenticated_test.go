package account_test

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/login"
)

// asking are routes that ask for classes and for an age.
func asking(c *account.Config, _ *login.Config) {
	c.StepUps = []edgeward.StepUp{{ACR: []string{"gold", "silver"}}, {MaxAge: 5 * time.Minute}, {ACR: []string{"gold"}, MaxAge: time.Hour}}
}

// A desk is what a provider does when a user comes to it, who has a session there.
type desk struct {
	*idp
	acr  string    // of the session, "" says none
	at   time.Time // when the user authenticated there
	asks []url.Values
	// does is what it makes of an authentication request; nil: what OpenID Connect
	// demands.
	does func(d *desk, q url.Values)
	mute bool // it never says auth_time
}

func (s *system) desk() *desk {
	d := &desk{idp: s.google, acr: "bronze", at: s.Clock.Now()}
	d.claims = func(o object) {
		if d.acr != "" {
			o["acr"] = d.acr
		}
		if !d.mute {
			o["auth_time"] = d.at.Unix()
		}
	}
	return d
}

// obeys authenticates the user again where it has to, by the class that is preferred.
func obeys(d *desk, q url.Values) {
	again := q.Get("prompt") != ""
	if age, err := strconv.Atoi(q.Get("max_age")); err == nil && d.now().Sub(d.at) > time.Duration(age)*time.Second {
		again = true
	}
	if class, _, _ := strings.Cut(q.Get("acr_values"), " "); class != "" && class != d.acr {
		again, d.acr = true, class
	}
	if again {
		d.at = d.now()
	}
}

// comes is what happens at the provider, and returns the callback.
func (d *desk) comes(t testing.TB, location string) string {
	t.Helper()
	callback := d.authorize(t, location)
	u, _ := url.Parse(location)
	d.asks = append(d.asks, u.Query())
	if d.does == nil {
		d.does = obeys
	}
	d.does(d, u.Query())
	return callback
}

// asked returns what the provider was asked last.
func (d *desk) asked(name string) string { return d.asks[len(d.asks)-1].Get(name) }

// goes follows redirects from a page of the login's origin through the provider, and
// returns the last answer.
func (p *person) goes(t testing.TB, d *desk, target string) *httptest.ResponseRecorder {
	t.Helper()
	for range 12 {
		w := p.get(t, target)
		to := w.Header().Get("Location")
		switch {
		case w.Code != 303:
			return w
		case strings.HasPrefix(to, d.issuer):
			target = d.comes(t, to)
		case strings.HasPrefix(to, loginPath):
			target = to
		default:
			return w
		}
	}
	t.Fatal("it goes round and round")
	return nil
}

func (p *person) session() string { return p.cookies["__Host-edgeward-session"] }

// authenticated is what the browser's session says.
func (p *person) authenticated(t testing.TB) (acr string, at time.Time) {
	t.Helper()
	id, err := p.Authority.Sessions.Verify(t.Context(), nil, edgeward.Credential{Value: edgeward.NewSecret(p.session())})
	if err != nil {
		t.Fatal(err)
	}
	return id.Profile.ACR, id.Profile.AuthTime
}

// Who is signed in and comes for more is led to the provider for it, once, and gets
// another session in place of the one before.
func TestAStepUpRenewsTheSession(t *testing.T) {
	for outcome := range map[issuance.Outcome]bool{issuance.GivesSession: true, issuance.GivesBoth: true} {
		s := start(t, outcome, asking)
		d, p := s.desk(), s.person()
		expect(t, p.goes(t, d, loginPath+"?provider=google&return_to=%2Fa"), 303, "Location", "/a")
		if d.asked("acr_values")+d.asked("max_age")+d.asked("prompt") != "" {
			t.Errorf("a sign-in asks %v", d.asks)
		}
		before := p.session()
		if acr, at := p.authenticated(t); acr != "bronze" || !at.Equal(d.at) {
			t.Errorf("%q at %v", acr, at)
		}
		s.Clock.Forward(time.Hour)
		expect(t, p.goes(t, d, loginPath+"?return_to=%2Fb&acr_values=gold%20silver&max_age=300"), 303, "Location", "/b")
		if d.asked("acr_values") != "gold silver" || d.asked("max_age") != "300" || d.asked("prompt") != "" {
			t.Errorf("the provider was asked %v", d.asks)
		}
		if acr, at := p.authenticated(t); acr != "gold" || !at.Equal(s.Clock.Now().Truncate(time.Second)) {
			t.Errorf("after the step-up %q at %v", acr, at)
		}
		old := s.person()
		old.cookies["__Host-edgeward-session"] = before
		old.isIn(t, false)
		asks := len(d.asks)
		expect(t, p.goes(t, d, loginPath+"?return_to=%2Fb&acr_values=gold%20silver&max_age=300"), 303, "Location", "/b")
		if len(d.asks) != asks {
			t.Error("who has what is asked for is led to the provider")
		}
	}
}

// What a page of others makes of the URL asks the provider for nothing that no route
// asks for.
func TestOnlyWhatRoutesAskForIsAskedOfTheProvider(t *testing.T) {
	for query, want := range map[string][2]string{
		"acr_values=gold&max_age=300":                      {"gold", "300"},
		"acr_values=platinum+gold+gold+%22silver&max_age=": {"gold", ""},
		"acr_values=gold%20%0D%0Asilver":                   {"gold", ""},
		"acr_values=Gold&max_age=301":                      {"", ""},
		"max_age=0":                                        {"", ""},
		"max_age=-300":                                     {"", ""},
		"max_age=0300":                                     {"", ""},
		"max_age=3600":                                     {"", "3600"},
		"claims=%7B%7D&id_token_hint=x&scope=admin":        {"", ""},
	} {
		s := start(t, issuance.GivesSession, one, asking)
		d := s.desk()
		w := s.person().get(t, loginPath+"?return_to=%2Fa&"+query)
		expect(t, w, 303)
		d.comes(t, w.Header().Get("Location"))
		if d.asked("acr_values") != want[0] || d.asked("max_age") != want[1] || d.asks[0].Has("claims") || d.asks[0].Has("id_token_hint") || strings.Contains(d.asked("scope"), "admin") {
			t.Errorf("%s: the provider is asked %v", query, d.asks[0])
		}
	}
}

// A provider that does not do what it is asked is asked once more, for another
// authentication, where that may help. Then the user gets a page, and is signed in as
// before: no redirect leads round and round.
func TestAProviderThatDoesNotDoIt(t *testing.T) {
	keeps := func(*desk, url.Values) {}
	for rule, row := range map[string]struct {
		does        func(*desk, url.Values)
		mute        bool
		query, code string
		asks        int
	}{
		"acr_values are nothing to it":          {keeps, false, "acr_values=gold", "step_up_acr", 2},
		"it says no class":                      {func(d *desk, _ url.Values) { d.acr = "" }, false, "acr_values=gold", "step_up_acr", 2},
		"max_age is nothing to it":              {keeps, false, "max_age=300", "step_up_max_age", 2},
		"it never says when":                    {obeys, true, "max_age=300", "step_up_max_age", 1},
		"it says a time to come":                {func(d *desk, _ url.Values) { d.at = d.now().Add(time.Hour) }, false, "max_age=300", "step_up_max_age", 2},
		"it does one of both":                   {func(d *desk, _ url.Values) { d.acr = "gold" }, false, "acr_values=gold&max_age=300", "step_up_max_age", 2},
		"it does the other":                     {func(d *desk, _ url.Values) { d.at = d.now() }, false, "acr_values=gold&max_age=300", "step_up_acr", 2},
		"it does it when it has to ask anew":    {func(d *desk, q url.Values) { d.prompted(q) }, false, "acr_values=gold&max_age=300", "", 2},
		"also where the class alone is missing": {func(d *desk, q url.Values) { d.prompted(q) }, false, "acr_values=gold", "", 2},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t, issuance.GivesSession, one, asking)
			d, p := s.desk(), s.person()
			p.goes(t, d, loginPath+"?return_to=%2Fa")
			s.Clock.Forward(time.Hour)
			before, asks := p.session(), len(d.asks)
			d.does, d.mute = row.does, row.mute
			w := p.goes(t, d, loginPath+"?return_to=%2Fb&"+row.query)
			if n := len(d.asks) - asks; n != row.asks || n == 2 && d.asked("prompt") != "login" {
				t.Errorf("the provider was asked %d times, want %d: %v", n, row.asks, d.asks[asks:])
			}
			if row.code == "" {
				expect(t, w, 303, "Location", "/b")
				if acr, at := p.authenticated(t); acr != "gold" || !at.Equal(s.Clock.Now().Truncate(time.Second)) {
					t.Errorf("%q at %v", acr, at)
				}
				return
			}
			refused(t, w, 403, row.code)
			if body := w.Body.String(); !strings.Contains(body, "Use another account") || !strings.Contains(body, "prompt=login") || !strings.Contains(body, strings.ReplaceAll(row.query, "&", "&amp;")) {
				t.Errorf("the page does not lead on: %s", body)
			}
			if p.session() != before {
				t.Error("the session is another one")
			}
			p.isIn(t, true)
			if last := s.results[len(s.results)-1]; last != "google "+row.code {
				t.Errorf("results %v", s.results)
			}
			all := s.Audit.Records()
			if r := all[len(all)-1]; r.Action != "login.failed" || r.Class != row.code || r.Reason != "step_up_required" {
				t.Errorf("audit %+v", r)
			}
		})
	}
}

// prompted does what is asked where prompt says that the user has to authenticate.
func (d *desk) prompted(q url.Values) {
	if q.Get("prompt") == "login" {
		obeys(d, q)
	}
}

// A user who refuses at the provider, who cannot meet what is asked, or whose step-up
// the store does not keep, is signed in as before.
func TestAStepUpThatFailsTakesNothingAway(t *testing.T) {
	for rule, fail := range map[string]func(t *testing.T, s *system, p *person, callback *url.URL) (status int, code string){
		"the user cancels": func(_ *testing.T, _ *system, _ *person, u *url.URL) (int, string) {
			return answers(u, "access_denied", 403, "login_denied")
		},
		"the user cannot": func(_ *testing.T, _ *system, _ *person, u *url.URL) (int, string) {
			return answers(u, "unmet_authentication_requirements", 403, "step_up_acr")
		},
		"the provider is down": func(_ *testing.T, s *system, _ *person, _ *url.URL) (int, string) {
			s.google.codes = nil
			return 400, "login_mismatch"
		},
		"the store fails": func(_ *testing.T, s *system, _ *person, _ *url.URL) (int, string) {
			s.Store.Follow(failAt(1))
			return 503, "login_unavailable"
		},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t, issuance.GivesSession, one, asking)
			d, p := s.desk(), s.person()
			p.goes(t, d, loginPath+"?return_to=%2Fa")
			w := p.get(t, loginPath+"?return_to=%2Fb&acr_values=gold")
			u, err := url.Parse(d.comes(t, w.Header().Get("Location")))
			if err != nil {
				t.Fatal(err)
			}
			before := p.session()
			status, code := fail(t, s, p, u)
			refused(t, p.get(t, u.String()), status, code)
			s.Store.Follow(nil)
			if p.session() != before {
				t.Error("the session is another one")
			}
			p.isIn(t, true)
		})
	}
}

func answers(u *url.URL, what string, status int, code string) (int, string) {
	q := u.Query()
	q.Del("code")
	q.Set("error", what)
	u.RawQuery = q.Encode()
	return status, code
}

// The callback of a weaker sign-in, of another tab or of before, gives what it gives:
// what was asked for is in the sealed cookie, by the state.
func TestTheCallbackOfAnotherTabIsNoStepUp(t *testing.T) {
	s := start(t, issuance.GivesSession, one, asking)
	d, p := s.desk(), s.person()
	p.goes(t, d, loginPath+"?return_to=%2Fa")
	d.does = func(*desk, url.Values) {}
	stronger := p.get(t, loginPath+"?return_to=%2Fstrong&acr_values=gold").Header().Get("Location")
	weaker := p.get(t, loginPath+"?return_to=%2Fweak&prompt=login").Header().Get("Location")

	// Its user strips what is asked for off the URL at the provider.
	u, _ := url.Parse(stronger)
	q := u.Query()
	q.Del("acr_values")
	u.RawQuery = q.Encode()
	w := p.get(t, d.comes(t, u.String()))
	expect(t, w, 303)
	refused(t, p.get(t, d.comes(t, w.Header().Get("Location"))), 403, "step_up_acr")

	// And brings the other tab's code by the state of this one.
	u, _ = url.Parse(p.get(t, loginPath+"?return_to=%2Fstrong&acr_values=gold").Header().Get("Location"))
	other, _ := url.Parse(d.comes(t, weaker))
	mixed := other.Query()
	mixed.Set("state", u.Query().Get("state"))
	refused(t, p.get(t, "/auth/callback?"+mixed.Encode()), 400, "login_mismatch")

	expect(t, p.get(t, other.String()), 303, "Location", "/weak")
	if acr, _ := p.authenticated(t); acr != "bronze" {
		t.Errorf("class %q", acr)
	}
	w = p.get(t, other.String()) // once more: another tab was faster, for all that is known
	expect(t, w, 303, "Location", "/weak")
}

// Another user at the provider is another sign-in.
func TestAnotherUserAtAStepUp(t *testing.T) {
	s := start(t, issuance.GivesSession, one, asking)
	d, p := s.desk(), s.person()
	p.goes(t, d, loginPath+"?return_to=%2Fa")
	alice := s.person()
	alice.cookies["__Host-edgeward-session"] = p.session()
	d.sub = "bob"
	expect(t, p.goes(t, d, loginPath+"?return_to=%2Fb&acr_values=gold"), 303, "Location", "/b")
	if _, body := p.whoami(t); !strings.Contains(body, `"subject":"bob"`) {
		t.Error(body)
	}
	alice.isIn(t, false)
}

// A step-up for the age alone asks for the class that the user has, so that it weakens
// no sign-in where the provider knows better ones.
func TestAStepUpWeakensNoSignIn(t *testing.T) {
	s := start(t, issuance.GivesSession, one, asking)
	d, p := s.desk(), s.person()
	p.goes(t, d, loginPath+"?return_to=%2Fa&acr_values=gold")
	s.Clock.Forward(time.Hour)
	d.acr = "bronze" // what it has without being asked
	expect(t, p.goes(t, d, loginPath+"?return_to=%2Fb&max_age=300"), 303, "Location", "/b")
	if acr, at := p.authenticated(t); acr != "gold" || !at.Equal(s.Clock.Now().Truncate(time.Second)) {
		t.Errorf("%q at %v; asked %v", acr, at, d.asks)
	}
	s.Clock.Forward(time.Hour)
	d.does = func(d *desk, q url.Values) { d.at = d.now() } // which is no reason to refuse another one
	d.acr = "bronze"
	expect(t, p.goes(t, d, loginPath+"?return_to=%2Fb&max_age=300"), 303, "Location", "/b")
}

// Of several providers it is the user's own that is asked.
func TestAStepUpIsAtTheUsersProvider(t *testing.T) {
	s := start(t, issuance.GivesTokens, asking)
	d, p := s.desk(), s.person()
	expect(t, p.goes(t, d, loginPath+"?return_to=%2Fb&acr_values=gold"), 200)
	if page := p.get(t, loginPath+"?return_to=%2Fb&acr_values=gold&max_age=300").Body.String(); strings.Count(page, "acr_values=gold&amp;max_age=300") != 2 {
		t.Error("the choice of providers loses what is asked:", page)
	}
	p.goes(t, d, loginPath+"?provider=google&return_to=%2Fa")
	expect(t, p.goes(t, d, loginPath+"?return_to=%2Fb&acr_values=gold"), 303, "Location", "/b")
	id, err := p.Authority.Tokens.Verify(t.Context(), nil, edgeward.Credential{Value: edgeward.NewSecret(p.cookies["__Host-ew_access"])})
	if err != nil || id.Profile.ACR != "gold" || !id.Profile.AuthTime.Equal(d.at.Truncate(time.Second)) {
		t.Errorf("the access token says %+v, %v", id, err)
	}
	if len(d.asks) != 2 {
		t.Errorf("asked %v", d.asks)
	}
}

// Another tab finds what is asked for in a cookie that a node of before, which asks for
// nothing, reads as well; and a page that keeps sending its users away ends.
func TestStepUpsThatNeverEndAreALoop(t *testing.T) {
	s := start(t, issuance.GivesSession, one, asking)
	d, p := s.desk(), s.person()
	for range 3 {
		s.Clock.Forward(time.Second)
		expect(t, p.goes(t, d, loginPath+"?return_to=%2Fb&acr_values=gold"), 303, "Location", "/b")
	}
	refused(t, p.goes(t, d, loginPath+"?return_to=%2Fb&acr_values=gold"), 400, "login_loop")
}

// A page of another host asks for more: what it asks for travels to the login's origin
// and to the provider, and the other hosts follow without a word from anybody.
func TestAStepUpOverHosts(t *testing.T) {
	for _, outcome := range []issuance.Outcome{issuance.GivesSession, issuance.GivesTokens, issuance.GivesBoth} {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome, one, asking)
			s.lists(t, listed...)
			d, b := s.desk(), s.browser()
			s.google.sub = "alice"
			b.desk = d
			b.opens(t, grafana, true)
			b.opens(t, notes, false)
			asks := func(origin, query string, want bool) {
				t.Helper()
				if !b.travels(t, origin+loginPath+"?return_to="+url.QueryEscape("/board?id=1&x=2")+query, origin+"/board?id=1&x=2") {
					t.Fatalf("it did not arrive: %q\n%d %s", b.went, b.last.Code, b.last.Body)
				}
				if got := slices.Contains(b.went, s.google.issuer); got != want {
					t.Errorf("the provider was asked: %v; the way was %q", got, b.went)
				}
			}
			asks(notes, "&acr_values=gold&max_age=300", true)
			if d.asked("acr_values") != "gold" || d.asked("max_age") != "300" {
				t.Errorf("asked %v", d.asks)
			}
			b.isIn(t, grafana, false) // its handle is of the session before
			asks(grafana, "&acr_values=gold&max_age=300", false)
			b.isIn(t, grafana, true)

			d.does = func(d *desk, _ url.Values) { d.acr = "bronze" }
			s.Clock.Forward(time.Hour)
			if b.travels(t, notes+loginPath+"?return_to=%2Fb&max_age=300", notes+"/b") {
				t.Error("it arrived with an old authentication")
			}
			refused(t, b.last, 403, "step_up_max_age")
			b.isIn(t, notes, true)
			b.isIn(t, base, true)
		})
	}
}

// A web server that leads everybody to one URL loses what the route asks for: the page
// to come back to says it.
func TestThePageSaysWhatIsAskedFor(t *testing.T) {
	s := start(t, issuance.GivesSession, one, asking, func(c *account.Config, _ *login.Config) {
		c.Asks = func(host, path string) (s edgeward.StepUp) {
			switch host + path {
			case "edge.example/strong", "notes.example.net/strong", "edge.example/auth/login":
				s.ACR = []string{"gold"}
			}
			return s
		}
	})
	s.lists(t, listed...)
	d, p := s.desk(), s.person()
	p.goes(t, d, loginPath+"?return_to=%2Fa")
	expect(t, p.goes(t, d, loginPath+"?return_to=%2Fstrong%3Fx%3D1"), 303, "Location", "/strong?x=1")
	if acr, _ := p.authenticated(t); acr != "gold" || len(d.asks) != 2 {
		t.Errorf("class %q, asked %v", acr, d.asks)
	}
	for page, asks := range map[string]string{
		notes + "/strong": "gold", notes + "/other": "", grafana + "/strong": "",
	} {
		b := s.browser()
		b.desk = d
		origin := originOf(page)
		if !b.travels(t, origin+loginPath+"?return_to="+url.QueryEscape(page), page) || d.asked("acr_values") != asks {
			t.Errorf("%s: asked %v; the way was %q", page, d.asks[len(d.asks)-1], b.went)
		}
	}
	for _, elsewhere := range []string{"https://docs.example/start", "https://evil.example/strong", "//edge.example/strong", "/a/../strong", "/auth/login?return_to=%2Fa"} {
		if w := s.person().get(t, loginPath+"?return_to="+url.QueryEscape(elsewhere)); strings.Contains(w.Header().Get("Location"), "acr_values") {
			t.Errorf("%s: %v", elsewhere, w.Header())
		}
	}
}

// Where a step-up is begun, the sign-in of before is ended last.
func TestAStepUpEndsTheSignInOfBeforeLast(t *testing.T) {
	s := start(t, issuance.GivesSession, one, asking)
	d, p := s.desk(), s.person()
	p.goes(t, d, loginPath+"?return_to=%2Fa")
	var writes int
	for n := range 12 {
		w := p.get(t, loginPath+"?return_to=%2Fb&acr_values=gold&prompt=login")
		callback := d.comes(t, w.Header().Get("Location"))
		before := p.session()
		s.Store.Follow(failAt(n))
		answer := p.get(t, callback)
		s.Store.Follow(nil)
		if answer.Code == 303 {
			writes = n
			break
		}
		if p.session() != before {
			t.Errorf("%d writes: the browser has another cookie", n)
		}
		if n < 5 { // the state, the session, its record: nothing of before has ended
			p.isIn(t, true)
		}
		s.Clock.Forward(time.Minute)
	}
	if writes < 3 {
		t.Errorf("a step-up took %d writes", writes)
	}
}
