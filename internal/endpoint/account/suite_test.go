package account_test

import (
	"context"
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/issuancetest"
	"github.com/edgeward/edgeward/internal/keep/ticket"
	"github.com/edgeward/edgeward/login"
	"github.com/edgeward/edgeward/login/openid"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/store/storetest"
)

const base = issuancetest.Issuer

// The paths of the endpoints, which stand at the default prefix.
const (
	loginPath       = "/auth/login"
	sessionPath     = "/auth/session"
	sessionsPath    = "/auth/sessions"
	logoutPath      = "/auth/logout"
	signedOutPath   = "/auth/signed-out"
	backchannelPath = "/auth/backchannel-logout"
)

// A system is the endpoints, what it stands on, and two providers.
type system struct {
	*issuancetest.Node
	*door.Endpoints
	Login            *login.Login
	tickets          *ticket.Tickets
	google, keycloak *idp

	hosts atomic.Pointer[policy.Hosts]

	mu      sync.Mutex // guards what follows
	results []string   // of SignedIn
	arrived []string   // of Arrived
	seen    []edgeward.Decision
}

// start returns a system with the providers "google" and "keycloak"; change can
// take some away.
func start(t testing.TB, outcome issuance.Outcome, change ...func(*account.Config, *login.Config)) *system {
	t.Helper()
	s := &system{Node: issuancetest.New(t)}
	s.google, s.keycloak = newIDP("https://accounts.google.test", s.Clock.Now), newIDP("https://sso.example/realms/staff", s.Clock.Now)
	mapping := claim.Map{Permissions: claim.Permissions{Source: claim.Source{Name: "roles"}, Map: map[string][]string{"staff": {"orders:read"}}}}
	of := login.Config{
		Origin: base, Key: edgeward.NewSecret(strings.Repeat("l", 32)), Store: s.Store, Fetcher: network{s.google, s.keycloak}, Now: s.Clock.Now,
		ReturnTo: []string{"https://docs.example/start"},
		Providers: []login.Provider{
			{Provider: openid.Provider{Name: "google", Issuer: s.google.issuer, ClientID: client, ClientSecret: edgeward.NewSecret("s"), Keys: keysOf(rsaSigner())}, Label: "Google", Claims: mapping},
			{Provider: openid.Provider{Name: "keycloak", Issuer: s.keycloak.issuer, ClientID: client, ClientSecret: edgeward.NewSecret("s"), Keys: keysOf(rsaSigner())}, Label: "Company account", Claims: mapping},
		},
	}
	cfg := account.Config{
		Authority: s.Authority, Outcome: outcome, Now: s.Clock.Now,
	}
	cfg.SignedIn = func(provider, result string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.results = append(s.results, provider+" "+result)
	}
	cfg.Arrived = func(result string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.arrived = append(s.arrived, result)
	}
	for _, f := range change {
		f(&cfg, &of)
	}
	made, err := login.New(of)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Login = made.Over(s.listed)
	if cfg.Tickets, err = ticket.New(ticket.Config{Origin: of.Origin, Key: of.Key, Store: of.Store, Now: of.Now}); err != nil {
		t.Fatal(err)
	}
	s.Authority.Listed = func(host string) bool { _, ok := s.listed(host); return ok }
	set, err := account.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Endpoints, s.Login, s.tickets = &door.Endpoints{Set: set, Observer: s}, cfg.Login, cfg.Tickets
	return s
}

// listed says which entry of s.hosts lists a host.
func (s *system) listed(host string) (string, bool) {
	_, entry, ok := s.hosts.Load().Lookup(host)
	return entry, ok && entry != ""
}

// lists has the system hand sign-ins over to hosts.
func (s *system) lists(t testing.TB, names ...string) {
	t.Helper()
	var all []policy.Host
	for _, name := range names {
		all = append(all, policy.Host{Name: name})
	}
	hosts, err := policy.BuildHosts(all)
	if err != nil {
		t.Fatal(err)
	}
	s.hosts.Store(hosts)
}

// one leaves one provider.
func one(_ *account.Config, l *login.Config) { l.Providers = l.Providers[:1] }

// Decided and Failed implement door.Observer.
func (s *system) Decided(_ context.Context, _ *edgeward.Request, d *edgeward.Decision, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, *d)
}
func (s *system) Failed(context.Context, *edgeward.Request, error) {}

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

// A person is somebody at a browser, with its cookies.
type person struct {
	*system
	agent   string
	cookies map[string]string
	planted map[string]string // those with Partitioned, which a browser keeps beside the others

	owner *person // the same person at another browser
	first string  // the session, by its name of before a step-up
}

func (s *system) person() *person {
	return &person{system: s, agent: firefox, cookies: map[string]string{}, planted: map[string]string{}}
}

// send sends a request as a browser does and takes the cookies that come back.
// header is of pairs, which replace what is sent anyway; "" sends none.
func (p *person) send(t testing.TB, method, target string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	if strings.HasPrefix(target, "/") {
		target = base + target
	}
	hr := httptest.NewRequest(method, target, body)
	hr.Header.Set("User-Agent", p.agent)
	hr.Header.Set("Sec-Fetch-Mode", "navigate")
	hr.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == "POST" {
		hr.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		hr.Header.Set("Origin", base)
	}
	var pairs []string
	for _, kept := range []map[string]string{p.cookies, p.planted} {
		for name, value := range kept {
			pairs = append(pairs, name+"="+value)
		}
	}
	if len(pairs) > 0 {
		hr.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	for i := 0; i < len(header); i += 2 {
		if hr.Header.Del(header[i]); header[i+1] != "" {
			hr.Header.Set(header[i], header[i+1])
		}
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, hr)
	for _, c := range w.Result().Cookies() {
		kept := p.cookies
		if c.Partitioned {
			kept = p.planted
		}
		if c.MaxAge < 0 {
			delete(kept, c.Name)
		} else {
			kept[c.Name] = c.Value
		}
	}
	return w
}

func (p *person) get(t testing.TB, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return p.send(t, "GET", target, nil, header...)
}

func (p *person) post(t testing.TB, target, form string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	return p.send(t, "POST", target, strings.NewReader(form), header...)
}

// script is what a fetch of our own page says.
var script = []string{"Sec-Fetch-Mode", "cors", "Accept", "application/json"}

// program is what a client without a browser says.
var program = []string{"Sec-Fetch-Mode", "", "Sec-Fetch-Site", "", "Accept", "application/json"}

// begin goes to the provider and returns where that sends the browser back.
func (p *person) begin(t testing.TB, at *idp, provider, returnTo string) (callback string) {
	t.Helper()
	w := p.get(t, loginPath+"?"+url.Values{"provider": {provider}, "return_to": {returnTo}}.Encode())
	expect(t, w, 303)
	return at.authorize(t, w.Header().Get("Location"))
}

// signIn goes all the way, at google.
func (p *person) signIn(t testing.TB) *person {
	t.Helper()
	w := p.get(t, p.begin(t, p.google, "google", "/orders?page=2"))
	expect(t, w, 303, "Location", "/orders?page=2")
	return p
}

// whoami is what a script learns: the status and the body.
func (p *person) whoami(t testing.TB) (int, string) {
	t.Helper()
	w := p.get(t, sessionPath, script...)
	return w.Code, w.Body.String()
}

// isIn demands that the browser is signed in, or that it is not.
func (p *person) isIn(t testing.TB, want bool) {
	t.Helper()
	if status, body := p.whoami(t); status != map[bool]int{true: 200, false: 401}[want] {
		t.Errorf("signed in: %d %s, want %v", status, body, want)
	}
}

// expect demands a status and fields of the answer.
func expect(t testing.TB, w *httptest.ResponseRecorder, status int, fields ...string) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d\n%v\n%s", w.Code, status, w.Header(), w.Body)
	}
	for i := 0; i < len(fields); i += 2 {
		if got := w.Header().Get(fields[i]); got != fields[i+1] {
			t.Errorf("%s: %q, want %q", fields[i], got, fields[i+1])
		}
	}
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("header %v", w.Header())
	}
}

// refused demands a page for people with that code and nobody signed in by it.
func refused(t testing.TB, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	expect(t, w, status, "Content-Type", "text/html; charset=utf-8")
	if !strings.Contains(w.Body.String(), "<dd>"+code+"</dd>") || !strings.Contains(w.Body.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("the page does not say %s:\n%s", code, w.Body)
	}
	for _, c := range w.Result().Cookies() {
		if c.Name != "__Host-ew_login" {
			t.Errorf("it gives %s", c.Name)
		}
	}
}

// failAt is the plan of a store whose writes fail from the n-th on.
func failAt(n int) storetest.Plan {
	var writes atomic.Int64
	return func(o storetest.Operation) storetest.Fault {
		if o.Write() && writes.Add(1) > int64(n) {
			return storetest.Fault{Before: storetest.ErrInjected}
		}
		return storetest.Fault{}
	}
}
