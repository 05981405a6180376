package account_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	brought "github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/keep/ticket"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store/storetest"
)

// Hosts of two registrable domains, and one of a suffix.
const (
	grafana = "https://grafana.edge.example"
	notes   = "https://notes.example.net"
	preview = "https://pr-7.preview.example.com"
)

var listed = []string{"grafana.edge.example", "notes.example.net", "*.preview.example.com"}

const arrivePath = "/auth/arrive"

// A browser has cookies of each host, and follows redirects, through the provider
// google, whose answer it is given without a question.
type browser struct {
	*system
	jars map[string]*person
	went []string // the URLs that it was sent to
	last *httptest.ResponseRecorder
	desk *desk // what the provider does; nil: it answers
}

func (s *system) browser() *browser { return &browser{system: s, jars: map[string]*person{}} }

// at returns its cookies of an origin.
func (b *browser) at(origin string) *person {
	if b.jars[origin] == nil {
		b.jars[origin] = b.person()
	}
	return b.jars[origin]
}

func originOf(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		panic("no absolute URL: " + target)
	}
	return u.Scheme + "://" + u.Host
}

// step makes one request and returns where it is sent, "" for nowhere.
func (b *browser) step(t testing.TB, target string) string {
	t.Helper()
	from := originOf(target)
	b.went = append(b.went, target)
	b.last = b.at(from).get(t, target, "Sec-Fetch-Site", "cross-site")
	to := b.last.Header().Get("Location")
	if to == "" {
		to, _ = strings.CutPrefix(b.last.Header().Get("Refresh"), "0; url=")
	}
	if to == "" {
		return ""
	}
	if b.last.Header().Get("Referrer-Policy") != "no-referrer" || b.last.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%s: header %v", target, b.last.Header())
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	next, err := u.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	return next.String()
}

// travels follows redirects until page, or an answer that is none, and says
// whether it came there.
func (b *browser) travels(t testing.TB, target, page string) bool {
	t.Helper()
	b.went = nil
	for range 20 {
		to := b.step(t, target)
		switch {
		case to == page:
			return true
		case to == "":
			return false
		case strings.HasPrefix(to, b.google.issuer):
			if b.desk != nil {
				to = b.desk.comes(t, to)
			} else {
				to = b.google.authorize(t, to)
			}
			b.went = append(b.went, b.google.issuer)
		}
		target = to
	}
	t.Fatalf("it goes round: %q", b.went)
	return false
}

// opens signs in for a page of a host, and demands whether the provider is asked.
func (b *browser) opens(t testing.TB, origin string, asks bool) {
	t.Helper()
	page := origin + "/board?id=1&x=2"
	if !b.travels(t, origin+loginPath+"?return_to="+url.QueryEscape("/board?id=1&x=2"), page) {
		t.Fatalf("it did not arrive: %q\n%d %v\n%s", b.went, b.last.Code, b.last.Header(), b.last.Body)
	}
	if got := slices.Contains(b.went, b.google.issuer); got != asks {
		t.Errorf("%s: the provider was asked: %v; the way was %q", origin, got, b.went)
	}
	b.isIn(t, origin, true)
}

// isIn asks the host who is signed in.
func (b *browser) isIn(t testing.TB, origin string, want bool) {
	t.Helper()
	w := b.at(origin).get(t, origin+sessionPath, script...)
	if status := map[bool]int{true: 200, false: 401}[want]; w.Code != status {
		t.Errorf("%s: %d %s, want %d", origin, w.Code, w.Body, status)
	}
	if want && !strings.Contains(w.Body.String(), `alice"`) {
		t.Errorf("%s: %s", origin, w.Body)
	}
	if !want && !strings.Contains(w.Body.String(), `"`+origin+`/auth/login`) {
		t.Errorf("%s: a script is sent elsewhere to sign in: %s", origin, w.Body)
	}
}

// begins goes as far as the ticket, for a page of a host, and returns its URL.
func (b *browser) begins(t testing.TB, origin string) (arrival string) {
	t.Helper()
	target := origin + loginPath + "?return_to=/board"
	for range 10 {
		if target = b.step(t, target); strings.HasPrefix(target, b.google.issuer) {
			target = b.google.authorize(t, target)
		}
		if strings.HasPrefix(target, origin+arrivePath) {
			return target
		}
	}
	t.Fatalf("no ticket: %q, %d %s", b.went, b.last.Code, b.last.Body)
	return ""
}

var allOutcomes = []issuance.Outcome{issuance.GivesSession, issuance.GivesTokens, issuance.GivesBoth}

// TestASignInIsOneForAllHosts: whatever it gives, the second host and the third ask
// no one, and each has cookies of its own.
func TestASignInIsOneForAllHosts(t *testing.T) {
	for _, outcome := range allOutcomes {
		t.Run(string(outcome), func(t *testing.T) {
			s := start(t, outcome, one)
			s.lists(t, listed...)
			b := s.browser()
			b.opens(t, grafana, true)
			b.opens(t, notes, false)
			b.opens(t, preview, false)
			b.isIn(t, base, true)
			if !slices.Equal(s.arrived, []string{"ok", "ok", "ok"}) || !slices.Equal(s.results, []string{"google ok"}) {
				t.Errorf("arrivals %v, sign-ins %v", s.arrived, s.results)
			}
			for _, name := range []string{"__Host-edgeward-session", "__Host-ew_refresh"} {
				central, here, there := b.at(base).cookies[name], b.at(grafana).cookies[name], b.at(notes).cookies[name]
				has := name == "__Host-edgeward-session" && outcome.Session() || name == "__Host-ew_refresh" && outcome.Tokens()
				if has != strings.HasPrefix(here, "ewh_") || has != (here != there) || has != (central != here) {
					t.Errorf("%s: %q at the origin, %q and %q at hosts", name, central, here, there)
				}
			}
			last := s.Audit.Records()[len(s.Audit.Records())-1]
			if last.Action != "arrival" || last.Host != "pr-7.preview.example.com" || !strings.Contains(last.Object, "/") {
				t.Errorf("the audit log has %+v", last)
			}
		})
	}
}

// The cookies of a host are that host's alone, and no script's.
func TestTheCookiesOfAHost(t *testing.T) {
	const secure = "; HttpOnly; SameSite=Lax; Secure"
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	b := s.browser()
	b.step(t, grafana+loginPath)
	if set := b.last.Header()["Set-Cookie"]; len(set) != 1 || !like(set[0], "__Host-ew_binding=*; Path=/; Max-Age=600"+secure) {
		t.Errorf("a sign-in begins with %v", set)
	}
	binding := b.at(grafana).cookies["__Host-ew_binding"]
	b.step(t, b.begins(t, grafana))
	if b.at(grafana).cookies["__Host-ew_binding"] != binding {
		t.Error("another tab's sign-in is bound otherwise")
	}
	given := slices.DeleteFunc(b.last.Header()["Set-Cookie"], func(c string) bool { return strings.Contains(c, "Max-Age=0") })
	if len(given) != 1 || !like(given[0], "__Host-edgeward-session=ewh_*; Path=/; Max-Age=2592000"+secure) {
		t.Errorf("it ends with %v", given)
	}
}

// TestManyTabsAndHosts: they begin before any has ended, in one browser, and all
// arrive, each at its page.
func TestManyTabsAndHosts(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	var hosts []string
	for i := range 12 {
		hosts = append(hosts, fmt.Sprintf("h%d.example.com", i))
	}
	s.lists(t, hosts...)
	b := s.browser()
	b.opens(t, "https://h0.example.com", true)
	var arrivals []string
	for range 2 { // two tabs of each
		for _, host := range hosts {
			arrivals = append(arrivals, b.begins(t, "https://"+host))
		}
	}
	slices.Reverse(arrivals)
	for _, arrival := range arrivals {
		if to := b.step(t, arrival); to != originOf(arrival)+"/board" {
			t.Errorf("%s: sent to %q: %d %s", arrival, to, b.last.Code, b.last.Body)
		}
		b.isIn(t, originOf(arrival), true)
	}
}

// TestASignInAtTheNthHostCostsLittle counts operations of the store, from the first
// request to the host's cookie, with nothing in a cache.
func TestASignInAtTheNthHostCostsLittle(t *testing.T) {
	for _, outcome := range allOutcomes {
		s := start(t, outcome, one)
		s.lists(t, listed...)
		b := s.browser()
		b.opens(t, grafana, true)
		s.Clock.Forward(10 * time.Minute) // no cache believes that long
		var asked []string
		s.Store.Follow(func(o storetest.Operation) storetest.Fault {
			asked = append(asked, o.Name+" "+o.Key)
			return storetest.Fault{}
		})
		b.step(t, b.begins(t, notes))
		if b.last.Code != 303 || len(asked) > 3 {
			t.Errorf("%s: %d, by %d operations: %q", outcome, b.last.Code, len(asked), asked)
		}
		s.Store.Follow(nil)
	}
}

// TestATicketGivesNothing: whoever has one and is not the browser, the host and the
// moment that it is for.
func TestATicketGivesNothing(t *testing.T) {
	other := func(t *testing.T) *system { // another installation of the same hosts
		s := start(t, issuance.GivesSession, one, func(_ *account.Config, l *login.Config) { l.Key = edgeward.NewSecret(strings.Repeat("x", 32)) })
		s.lists(t, listed...)
		return s
	}
	ahead := func(t *testing.T, b *browser, by time.Duration) string { // a node of this one
		s := start(t, issuance.GivesSession, one)
		s.lists(t, listed...)
		s.Clock.Forward(by)
		theirs := s.browser()
		theirs.at(grafana).cookies = b.at(grafana).cookies
		return theirs.begins(t, grafana)
	}
	ticketOf := func(arrival string) string {
		u, err := url.Parse(arrival)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("ticket")
	}
	for rule, row := range map[string]struct {
		// bring returns who brings it where.
		bring  func(t *testing.T, s *system, b *browser, arrival string) (*browser, string)
		reason edgeward.Reason
	}{
		"stolen: another browser": {func(t *testing.T, s *system, _ *browser, arrival string) (*browser, string) {
			return s.browser(), arrival
		}, edgeward.TicketBrowser},
		"stolen: another browser that has begun a sign-in": {func(t *testing.T, s *system, _ *browser, arrival string) (*browser, string) {
			thief := s.browser()
			thief.step(t, grafana+loginPath)
			return thief, arrival
		}, edgeward.TicketBrowser},
		"planted in a victim's browser that is signed in": {func(t *testing.T, s *system, _ *browser, arrival string) (*browser, string) {
			victim := s.browser()
			s.google.sub = "victim"
			victim.step(t, victim.begins(t, grafana))
			return victim, arrival
		}, edgeward.TicketBrowser},
		"a cookie that is no binding": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			b.at(grafana).cookies["__Host-ew_binding"] = "x"
			return b, arrival
		}, edgeward.TicketBrowser},
		"two bindings, one of which something planted": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			b.at(grafana).planted["__Host-ew_binding"] = strings.Repeat("A", 43)
			return b, arrival
		}, edgeward.TicketBrowser},
		"at another host": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			b.step(t, notes+loginPath)
			return b, notes + arrivePath + "?ticket=" + ticketOf(arrival)
		}, edgeward.TicketHost},
		"at another host, with the cookies of the right one": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			b.jars[notes] = b.at(grafana)
			return b, notes + arrivePath + "?ticket=" + ticketOf(arrival)
		}, edgeward.TicketHost},
		"at the login's origin": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			b.jars[base].cookies["__Host-ew_binding"] = b.at(grafana).cookies["__Host-ew_binding"]
			return b, base + arrivePath + "?ticket=" + ticketOf(arrival)
		}, edgeward.TicketHost},
		"used twice": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			b.step(t, arrival)
			delete(b.at(grafana).cookies, "__Host-edgeward-session")
			return b, arrival
		}, edgeward.TicketUsed},
		"after a minute": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			s.Clock.Forward(ticket.Life)
			return b, arrival
		}, edgeward.TicketExpired},
		"of a node whose clock is far ahead": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			return b, ahead(t, b, 5*time.Second+time.Millisecond)
		}, edgeward.TicketExpired},
		"of a node whose clock is little ahead, and that knows another session": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			return b, ahead(t, b, 5*time.Second)
		}, edgeward.TicketEnded},
		"changed": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			last := arrival[len(arrival)-2]
			return b, arrival[:len(arrival)-2] + map[bool]string{true: "B", false: "A"}[last == 'A'] + arrival[len(arrival)-1:]
		}, edgeward.TicketInvalid},
		"cut off": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			return b, arrival[:len(arrival)-8]
		}, edgeward.TicketInvalid},
		"none": {func(t *testing.T, s *system, b *browser, _ string) (*browser, string) {
			return b, grafana + arrivePath
		}, edgeward.TicketInvalid},
		"of another installation": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			theirs := other(t).browser()
			theirs.at(grafana).cookies = b.at(grafana).cookies // the same binding
			return b, theirs.begins(t, grafana)
		}, edgeward.TicketInvalid},
		"of a session that has ended meanwhile": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			expect(t, b.at(base).post(t, logoutPath, ""), 303)
			return b, arrival
		}, edgeward.TicketEnded},
		"of a user whom an operator has signed out": {func(t *testing.T, s *system, b *browser, arrival string) (*browser, string) {
			_, err := s.Authority.Revoke(t.Context(), issuance.By{}, revocation.Entry{Scope: revocation.Logout, Issuer: s.google.issuer, Value: "alice"})
			if err != nil {
				t.Fatal(err)
			}
			return b, arrival
		}, edgeward.TicketEnded},
	} {
		t.Run(rule, func(t *testing.T) {
			s := start(t, issuance.GivesSession, one)
			s.lists(t, listed...)
			b := s.browser()
			who, where := row.bring(t, s, b, b.begins(t, grafana))
			s.arrived = nil
			before := who.at(originOf(where)).cookies["__Host-edgeward-session"]
			who.step(t, where)
			if who.last.Code != 400 || !strings.Contains(who.last.Body.String(), "<dd>ticket_refused</dd>") {
				t.Errorf("%d %s", who.last.Code, who.last.Body)
			}
			if got := who.at(originOf(where)).cookies["__Host-edgeward-session"]; got != before {
				t.Errorf("it gave %q", got)
			}
			if p := who.last.Header().Get("Referrer-Policy"); p != "no-referrer" {
				t.Errorf("the page, whose address has the ticket, says Referrer-Policy: %s", p)
			}
			if strings.Contains(who.last.Body.String(), "ewt_") {
				t.Error("the page repeats the ticket")
			}
			all := s.Audit.Records()
			if last := all[len(all)-1]; last.Action != "arrival.failed" || last.Reason != row.reason.Error() || last.Class != "ticket_refused" || "https://"+last.Host != originOf(where) || strings.Contains(fmt.Sprint(all), "ewt_") {
				t.Errorf("the audit log has %+v", last)
			}
			if !slices.Equal(s.arrived, []string{row.reason.Error()}) {
				t.Errorf("counted: %v", s.arrived)
			}
			if told := s.guesses(); len(told) > 0 {
				t.Errorf("failed attempts, which any page could have its visitor make: %v", told)
			}
		})
	}
}

// The last moment at which a ticket is good is before its minute is over.
func TestTheLastMomentOfATicket(t *testing.T) {
	for _, after := range []time.Duration{0, ticket.Life - time.Millisecond} {
		s := start(t, issuance.GivesSession, one)
		s.lists(t, listed...)
		b := s.browser()
		arrival := b.begins(t, grafana)
		s.Clock.Forward(after)
		if to := b.step(t, arrival); to != grafana+"/board" {
			t.Errorf("after %v: %d %s", after, b.last.Code, b.last.Body)
		}
	}
}

// The page is the ticket's, whatever the URL says beside it.
func TestTheTicketNamesThePage(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	b := s.browser()
	if to := b.step(t, b.begins(t, grafana)+"&return_to=/evil&page=/evil"); to != grafana+"/board" {
		t.Errorf("sent to %s", to)
	}
}

// Of a hundred who bring one ticket at once, one is given something.
func TestATicketIsUsedOnce(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	b := s.browser()
	arrival := b.begins(t, grafana)
	binding := b.at(grafana).cookies["__Host-ew_binding"]
	var wg sync.WaitGroup
	answers := make([]*httptest.ResponseRecorder, 100)
	for i := range answers {
		wg.Go(func() {
			p := s.person()
			p.cookies["__Host-ew_binding"] = binding
			answers[i] = p.get(t, arrival)
		})
	}
	wg.Wait()
	given := 0
	for _, w := range answers {
		for _, c := range w.Result().Cookies() {
			if c.MaxAge > 0 {
				given++
			}
		}
	}
	if given != 1 {
		t.Errorf("%d of a hundred were given a session", given)
	}
}

// A prefetch, a script, an image redeem no ticket, and begin nothing.
func TestOnlyAUserArrives(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	b := s.browser()
	arrival := b.begins(t, grafana)
	for _, target := range []string{arrival, grafana + loginPath} {
		for _, how := range [][]string{{"Sec-Fetch-Mode", "no-cors"}, {"Sec-Purpose", "prefetch"}} {
			w := b.at(grafana).get(t, target, how...)
			if w.Code != 401 || len(w.Result().Cookies()) > 0 {
				t.Errorf("%s by %v: %d %v", target, how, w.Code, w.Result().Cookies())
			}
		}
	}
	if to := b.step(t, arrival); to != grafana+"/board" {
		t.Errorf("the user, afterwards: %d %s", b.last.Code, b.last.Body)
	}
}

// TestWhatEndsASignInEndsItOnAllHosts at the next request.
func TestWhatEndsASignInEndsItOnAllHosts(t *testing.T) {
	for _, outcome := range allOutcomes {
		for rule, end := range map[string]func(t *testing.T, s *system, b *browser){
			"a logout at one of them": func(t *testing.T, s *system, b *browser) {
				w := b.at(grafana).post(t, grafana+logoutPath, "", "Origin", grafana)
				expect(t, w, 303, "Location", signedOutPath)
				for name, value := range b.at(grafana).cookies {
					if name != "__Host-ew_binding" {
						t.Errorf("%s=%s is left", name, value)
					}
				}
			},
			"a logout at the login's origin": func(t *testing.T, s *system, b *browser) {
				expect(t, b.at(base).post(t, logoutPath, ""), 303)
			},
			"everywhere, at one of them": func(t *testing.T, s *system, b *browser) {
				expect(t, b.at(notes).post(t, notes+logoutPath, "scope=everywhere", "Origin", notes), 303)
			},
			"the provider": func(t *testing.T, s *system, b *browser) {
				w := b.at(base).post(t, backchannelPath, "logout_token="+url.QueryEscape(s.google.logoutToken("j", nil)), append(slices.Clone(program), "Origin", "")...)
				if w.Code != 200 && w.Code != 204 {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
			},
			"another browser of the user's": func(t *testing.T, s *system, b *browser) {
				another := s.browser()
				another.opens(t, grafana, true)
				expect(t, another.at(base).post(t, sessionsPath, "others=1"), 303)
				another.isIn(t, grafana, true)
			},
			"its issuer is revoked": func(t *testing.T, s *system, b *browser) {
				for _, issuer := range []string{s.google.issuer, base} {
					if _, err := s.Authority.Revoke(t.Context(), issuance.By{}, revocation.Entry{Scope: revocation.Issuer, Value: issuer}); err != nil {
						t.Fatal(err)
					}
				}
			},
			"time": func(t *testing.T, s *system, b *browser) { s.Clock.Forward(session.DefaultAbsolute) },
		} {
			t.Run(string(outcome)+", "+rule, func(t *testing.T) {
				s := start(t, outcome, one)
				s.lists(t, listed...)
				b := s.browser()
				b.opens(t, grafana, true)
				b.opens(t, notes, false)
				end(t, s, b)
				for _, origin := range []string{grafana, notes, base} {
					b.isIn(t, origin, false)
				}
			})
		}
	}
}

// A step-up gives the session another id: the browser passes through the login's
// origin again, and no one is asked.
func TestAStepUpReachesTheHosts(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	b := s.browser()
	b.opens(t, grafana, true)
	old := edgeward.NewSecret(b.at(base).cookies["__Host-edgeward-session"])
	cookie, _, err := s.Authority.RenewSession(t.Context(), issuance.By{}, old, session.Grant{Issuer: s.google.issuer, Subject: "alice", Permissions: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	b.isIn(t, grafana, false)
	b.at(base).cookies["__Host-edgeward-session"] = cookie.Reveal()
	b.opens(t, grafana, false)
}

// The use at a host keeps the session alive that no one uses at its own origin.
func TestTheUseAtAHostCounts(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	b := s.browser()
	b.opens(t, grafana, true)
	for range 5 {
		s.Clock.Forward(session.DefaultIdle / 2)
		b.isIn(t, grafana, true)
	}
	b.opens(t, notes, false)
}

// A host that is listed later needs no new sign-in; one that is listed no more is
// given nothing, and what it was given proves nothing.
func TestHostsComeAndGo(t *testing.T) {
	for _, outcome := range allOutcomes {
		s := start(t, outcome, one)
		s.lists(t, "grafana.edge.example")
		b := s.browser()
		b.opens(t, grafana, true)
		w := b.at(notes).get(t, notes+loginPath)
		if w.Code != 403 || len(w.Result().Cookies()) > 0 {
			t.Errorf("a host that is not listed: %d %v", w.Code, w.Result().Cookies())
		}
		w = b.at(base).get(t, loginPath+"?return_to="+url.QueryEscape(notes+"/")+"&challenge="+strings.Repeat("A", 43))
		refused(t, w, 400, "return_refused")
		s.lists(t, listed...)
		b.opens(t, notes, false)
		arrival := b.begins(t, notes)
		s.lists(t, "grafana.edge.example")
		w = b.at(notes).get(t, arrival)
		if w.Code != 403 || len(w.Result().Cookies()) > 0 {
			t.Errorf("a ticket for a host that is listed no more: %d %v", w.Code, w.Result().Cookies())
		}
		r := &edgeward.Request{Host: "notes.example.net", Header: edgeward.Header{"Cookie": {jarOf(b.at(notes).cookies)}}}
		v, err := brought.Authenticate(t.Context(), s.Authority, r, brought.Cookies{Session: "__Host-edgeward-session", Access: "x", Refresh: "__Host-ew_refresh"})
		if err != nil || v.Session != nil || v.Tokens != nil || len(s.guesses()) > 0 {
			t.Errorf("%s: what it was given: %+v, %v, failed attempts %v", outcome, v, err, s.guesses())
		}
	}
}

// guesses are the failed attempts of the one client that there is, and of none.
func (s *system) guesses() (all []edgeward.Reason) {
	for _, client := range []netip.Addr{{}, netip.MustParseAddr("192.0.2.1")} {
		for _, reason := range s.Limits.Told(client) {
			if ratelimit.IsGuess(reason) {
				all = append(all, reason)
			}
		}
	}
	return all
}

func jarOf(cookies map[string]string) string {
	var all []string
	for name, value := range cookies {
		all = append(all, name+"="+value)
	}
	return strings.Join(all, "; ")
}

// TestReturningToHosts: pages of hosts that are listed, in one spelling, and no
// others.
func TestReturningToHosts(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	for raw, want := range map[string]string{
		grafana + "/a?b=c":                           grafana + "/a?b=c",
		grafana:                                      grafana + "/",
		preview + "/":                                preview + "/",
		"https://preview.example.com/":               "",
		"https://example.com/":                       "",
		"http://grafana.edge.example/":               "",
		"https://grafana.edge.example:8443/":         "",
		"https://grafana.edge.example:443/":          "",
		"https://GRAFANA.edge.example/":              "",
		"https://grafana.edge.example./":             "",
		"https://grafana.edge.example@evil.example/": "",
		"https://evil@grafana.edge.example/":         "",
		"https://grafana.edge.example.evil.example/": "",
		"https://grafana.edge.example\\@evil/":       "",
		"//grafana.edge.example/":                    "",
		grafana + "//evil.example/":                  "",
		grafana + "?b":                               "",
		grafana + "#b":                               "",
	} {
		p := s.person()
		w := p.get(t, loginPath+"?return_to="+url.QueryEscape(raw))
		if want == "" {
			refused(t, w, 400, "return_refused")
			continue
		}
		expect(t, w, 303)
		w = p.get(t, s.google.authorize(t, w.Header().Get("Location")))
		expect(t, w, 200, "Refresh", "0; url="+want)
	}
	p := s.person().signIn(t)
	for raw, want := range map[string]string{notes + "/bye": notes + "/bye", "/bye": "/bye", "https://evil.example/": ""} {
		w := p.post(t, logoutPath, "return_to="+url.QueryEscape(raw))
		if want == "" {
			refused(t, w, 400, "return_refused")
			continue
		}
		expect(t, w, 303, "Location", want)
	}
	b := s.browser()
	b.opens(t, grafana, true)
	for raw, want := range map[string]string{"/bye": "/bye", notes + "/bye": notes + "/bye", base + "/bye": base + "/bye"} {
		expect(t, b.at(grafana).post(t, grafana+logoutPath, "return_to="+url.QueryEscape(raw), "Origin", grafana), 303, "Location", want)
	}
}

// TestNoPageOfAnotherHostSignsOut: the request's own origin is the one that counts.
func TestNoPageOfAnotherHostSignsOut(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	b := s.browser()
	b.opens(t, grafana, true)
	for _, from := range []string{base, notes, "https://evil.edge.example"} {
		w := b.at(grafana).post(t, grafana+logoutPath, "", "Origin", from, "Sec-Fetch-Site", "same-site")
		if w.Code != 403 {
			t.Errorf("from %s: %d", from, w.Code)
		}
	}
	b.isIn(t, grafana, true)
}

// TestALoopOverHostsIsBroken: a browser that keeps no cookies of the host, or whose
// host wants more than a sign-in gives.
func TestALoopOverHostsIsBroken(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	b := s.browser()
	blocked := b.begins(t, grafana)
	b.jars[grafana] = nil
	b.step(t, blocked)
	if b.last.Code != 400 || !strings.Contains(b.last.Body.String(), "accepts cookies") {
		t.Errorf("a browser that keeps no cookies: %d %s", b.last.Code, b.last.Body)
	}
	rounds := 0
	for b.travels(t, grafana+loginPath+"?return_to=/board", grafana+"/board") {
		if rounds++; rounds > 5 {
			t.Fatal("it goes round and round")
		}
	}
	refused(t, b.last, 400, "login_loop")
	if !strings.Contains(b.last.Body.String(), grafana+"/auth/login?return_to=%2Fboard") {
		t.Errorf("the way out is not the host's: %s", b.last.Body)
	}
	s.Clock.Forward(31 * time.Second)
	b.opens(t, grafana, false)
}

// TestAHostOfAUserWithTwoSignIns: what arrives replaces what the host had.
func TestWhatArrivesReplacesWhatWasThere(t *testing.T) {
	s := start(t, issuance.GivesTokens, one)
	s.lists(t, listed...)
	b := s.browser()
	b.opens(t, grafana, true)
	b.at(grafana).cookies["__Host-ew_access"] = "of another user"
	b.at(grafana).cookies["__Host-edgeward-session"] = "ews_planted"
	b.opens(t, grafana, false)
	for _, name := range []string{"__Host-ew_access", "__Host-edgeward-session"} {
		if value, left := b.at(grafana).cookies[name]; left {
			t.Errorf("%s=%s is left", name, value)
		}
	}
}

// An access token that a host is given opens no other one: its pages have it by
// /auth/refresh, and an application by forward_credential.
func TestAnAccessTokenOfAHostIsForThatHost(t *testing.T) {
	s := start(t, issuance.GivesTokens, one)
	s.lists(t, listed...)
	b := s.browser()
	b.opens(t, grafana, true)
	handle := edgeward.NewSecret(b.at(grafana).cookies["__Host-ew_refresh"])
	pair, err := s.Authority.MintAccess(t.Context(), issuance.By{}, &edgeward.Request{Scheme: "https", Host: "grafana.edge.example"}, handle)
	if err != nil {
		t.Fatal(err)
	}
	for origin, want := range map[string]bool{grafana: true, notes: false, base: false} {
		p := s.person()
		p.cookies["__Host-ew_access"] = pair.AccessToken.Reveal()
		if w := p.get(t, origin+sessionPath, script...); (w.Code == 200) != want {
			t.Errorf("%s: %d %s", origin, w.Code, w.Body)
		}
	}
	what, err := s.Authority.Introspect(t.Context(), pair.AccessToken)
	if err != nil || !what.Active {
		t.Errorf("introspected: %+v, %v", what, err)
	}
}

// TestTheSessionsPageNamesHosts: one line a browser, wherever it is looked at.
func TestTheSessionsPageNamesHosts(t *testing.T) {
	for _, outcome := range allOutcomes {
		s := start(t, outcome, one)
		s.lists(t, listed...)
		b := s.browser()
		b.opens(t, grafana, true)
		b.opens(t, notes, false)
		w := b.at(base).get(t, sessionsPath)
		expect(t, w, 200)
		body := w.Body.String()
		if n := strings.Count(body, "<li>"); n != 1 || !strings.Contains(body, "grafana.edge.example, notes.example.net") {
			t.Errorf("%s: %d lines\n%s", outcome, n, body)
		}
	}
}

// Where else a user is signed in, and from which addresses, is not for the pages of a
// host, and neither is ending that.
func TestAHostDoesNotLearnWhereElseItsUserIs(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	elsewhere := s.browser()
	elsewhere.opens(t, base, true)
	b := s.browser()
	b.opens(t, grafana, true)
	for _, header := range [][]string{nil, script, {"Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "same-origin"}} {
		w := b.at(grafana).get(t, grafana+sessionsPath, header...)
		expect(t, w, 303, "Location", base+sessionsPath)
		if body := w.Body.String(); body != "" {
			t.Errorf("%v: %s", header, body)
		}
	}
	for _, form := range []string{"others=1", "end=session/" + strings.Repeat("A", 22)} {
		if w := b.at(grafana).post(t, grafana+sessionsPath, form, "Origin", grafana, "Sec-Fetch-Site", "same-origin"); w.Code != 403 {
			t.Errorf("%s: %d", form, w.Code)
		}
	}
	elsewhere.isIn(t, base, true)
}

// TestAChallengeIsOne, and a sign-in with several providers keeps it.
func TestAChoiceOfProvidersLeadsBackToTheHost(t *testing.T) {
	s := start(t, issuance.GivesSession)
	s.lists(t, listed...)
	b := s.browser()
	to := b.step(t, grafana+loginPath+"?return_to=/board")
	w := b.at(base).get(t, to)
	expect(t, w, 200)
	_, link, _ := strings.Cut(w.Body.String(), `<li><a href="`)
	link, _, _ = strings.Cut(link, `"`)
	if !b.travels(t, base+strings.ReplaceAll(link, "&amp;", "&"), grafana+"/board") {
		t.Errorf("%s leads to %d %s", link, b.last.Code, b.last.Body)
	}
	b.isIn(t, grafana, true)
	if w := b.at(base).get(t, loginPath+"?return_to="+url.QueryEscape(grafana+"/")+"&challenge=x"); w.Code != http.StatusBadRequest {
		t.Errorf("a challenge that is none: %d", w.Code)
	}
}

// A page that is too long to remember over a sign-in is its host's first one.
func TestALongPageOfAHost(t *testing.T) {
	s := start(t, issuance.GivesSession, one)
	s.lists(t, listed...)
	b := s.browser()
	if !b.travels(t, grafana+loginPath+"?return_to=/board%3Fq="+strings.Repeat("%2525", 400), grafana+"/") {
		t.Errorf("%q: %d %s", b.went, b.last.Code, b.last.Body)
	}
}
