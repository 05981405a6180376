package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/policy"
)

// A portal is the forward-auth door before which people stand, in this
// process: the session of ada is the cookie "ada". What is not asked of
// forward-auth is answered with what arrived.
type portal struct {
	*httptest.Server
	decider atomic.Pointer[engine.Engine]
}

func (s *portal) Decide(ctx context.Context, r *edgeward.Request) edgeward.Decision {
	return s.decider.Load().Decide(ctx, r)
}

func (s *portal) Verify(_ context.Context, _ *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	if c.Value.Reveal() != "ada" {
		return nil, edgeward.SessionUnknown
	}
	return edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "ada"})
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	trusted, err := clientip.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	if err != nil {
		t.Fatal(err)
	}
	s := &portal{}
	mux := http.NewServeMux()
	verify := forwardauth.New(forwardauth.Config{Decider: s, Trusted: trusted})
	mux.Handle(forwardauth.Path, verify)
	mux.Handle(forwardauth.RefusalPath, verify)
	mux.Handle("/", &upstream{})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// opens makes origin the one where people sign in.
func (s *portal) opens(t *testing.T, origin string) {
	t.Helper()
	yes, session := true, []string{"session"}
	routes, err := policy.Build([]policy.File{
		{Path: "_middleware", Statement: policy.Require(session...)},
		{Path: "form", Statement: policy.Statement{}.SameOrigin(yes)},
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{
		Hosts: policy.AllHosts(routes), Login: engine.Login{URL: origin + "/auth/login", Origin: origin},
		Strategies: []engine.Strategy{{Name: "session", Source: credential.Cookie(cookie.Session), Verifier: s, Interactive: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.decider.Store(e)
}

// Whoever opens a page is sent to sign in, through the web servers of the
// examples as they are.
func TestEveryWebServerSendsPeopleToSignIn(t *testing.T) {
	t.Parallel()
	for _, way := range fronts {
		if way.name == "proxy" {
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			isAtHand(t, way.name)
			s, u := newPortal(t), newUpstream(t)
			address := way.start(t, &gateway{verify: s.Listener.Addr().String()}, u)
			s.opens(t, "http://"+address)
			signIn := "http://" + address + "/auth/login"
			const navigate, ada = "Sec-Fetch-Mode: navigate", "Cookie: " + cookie.Session + "=ada"

			a := say(t, address, "GET /page%20one?q=a%26b&r=1", navigate)
			if want := signIn + "?return_to=" + url.QueryEscape("/page%20one?q=a%26b&r=1"); a.status != 302 || a.header.Get("Location") != want {
				t.Errorf("a navigation: status %d to %s", a.status, a.header.Get("Location"))
			}
			if got := a.header.Values("Cache-Control"); len(got) != 1 || got[0] != "no-store" {
				t.Errorf("a navigation: Cache-Control %q", got)
			}
			if a := say(t, address, "GET /"+strings.Repeat("%C3%A9", 600)+"?"+strings.Repeat("x", 900), navigate); a.status != 302 || !strings.HasPrefix(a.header.Get("Location"), signIn) {
				t.Errorf("a long address: status %d to %s", a.status, a.header.Get("Location"))
			}
			a = say(t, address, "GET /page", "Sec-Fetch-Mode: cors")
			if wantProblem(t, a, 401, "credential_required"); a.header.Get("Location") != "" || !strings.Contains(a.body, `"login_url":"`+signIn+`"`) {
				t.Errorf("a script: %v %s", a.header, a.body)
			}
			if a := say(t, address, "POST /page", navigate, "Content-Length: 0"); a.status != 401 || !strings.Contains(a.body, signIn) || a.header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("a form that a window sent: status %d, %v, %s", a.status, a.header, a.body)
			}
			wantProblem(t, say(t, address, "POST /form", ada, "Origin: https://evil.example", "Content-Length: 0"), 403, "forbidden")
			wantProblem(t, say(t, address, "GET /page", ada, "Origin: https://evil.example", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 403, "forbidden")
			if n := u.received.Load(); n != 0 {
				t.Errorf("the application was reached %d times", n)
			}
			a = say(t, address, "GET /auth/login?x=1", "X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.9")
			if a.report == nil || a.report.Target != "/auth/login?x=1" || a.report.Host != address || a.report.Header.Get("X-Forwarded-Proto") != "http" || a.report.Header.Get("X-Forwarded-For") != "127.0.0.1" {
				t.Errorf("the sign-in: status %d, reached with %+v", a.status, a.report)
			}
			if u.received.Load() != 0 {
				t.Error("the application was asked to sign in")
			}
		})
	}
}

// Row 38: the application sees none of the cookies that Edgeward gives.
func TestNoWebServerPassesOnWhatPeopleSignedInWith(t *testing.T) {
	t.Parallel()
	for _, way := range fronts {
		if way.name == "proxy" {
			continue
		}
		t.Run(way.name, func(t *testing.T) {
			isAtHand(t, way.name)
			s, u := newPortal(t), newUpstream(t)
			address := way.start(t, &gateway{verify: s.Listener.Addr().String()}, u)
			s.opens(t, "http://"+address)
			const session = cookie.Session + "=ada"
			for _, line := range []string{
				session, "a=1; " + session, session + "; a=1", "a=1; " + session + "; view_access=2", "a=1;" + session + ";view_access=2",
				cookie.Login + "=x; a=1; " + session + "; " + cookie.Refresh + "=ewr_x; view_access=2; " + cookie.Access + "=e30.e30.e30",
				cookie.Console + "=x; " + session + "; " + cookie.Login + "=x; " + cookie.Refresh + "=x; a=1; " + cookie.Access + "=x; " + cookie.ConsoleLogin + "=x",
			} {
				a := say(t, address, "GET /page", "Cookie: "+line)
				if a.report == nil {
					t.Errorf("%s: status %d", line, a.status)
					continue
				}
				req := http.Request{Header: a.report.Header}
				for _, name := range []string{"a", "view_access"} {
					if c, err := req.Cookie(name); strings.Contains(line, name+"=") != (err == nil) || err == nil && len(c.Value) != 1 {
						t.Errorf("%s: the application saw %q", line, a.report.Header["Cookie"])
					}
				}
				for _, c := range req.Cookies() {
					if name := cookie.StandIn(c.Name); strings.HasPrefix(name, "ew_") || strings.HasPrefix(name, "edgeward-") {
						t.Errorf("%s: the application saw %q", line, a.report.Header["Cookie"])
					}
				}
			}
		})
	}
}
