package config_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/config/connection"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
)

func TestEveryGoodConfigurationBecomesASystem(t *testing.T) {
	inTestdata(t, "good")
	for _, name := range files(t, "*.yaml") {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			c, err := source.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := gateway.Build(c.Config, gateway.Environment{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range c.Doors() {
				if s.Doors[l.Key] == nil {
					t.Errorf("nothing serves %s", l.Key)
				}
			}
			if len(s.Doors) != len(c.Doors()) {
				t.Errorf("%d doors of %d", len(s.Doors), len(c.Doors()))
			}
			compare(t, strings.TrimSuffix(name, ".yaml")+".golden", describe(c.Config, s))
		})
	}
}

func describeTransport(b *strings.Builder, t *transport.Transport) {
	if t.H2C || t.SocketMode != 0 || t.Redirect != "" || t.ProxyProtocol.Unix || t.ProxyProtocol.Networks != nil {
		fmt.Fprintf(b, "  h2c=%t mode=%o redirect=%q introduced=%v\n", t.H2C, t.SocketMode, t.Redirect, t.ProxyProtocol)
	}
	if t.TLS == nil {
		return
	}
	for _, c := range t.TLS.Certificates {
		fmt.Fprintf(b, "  tls modern=%t %s for %v until %s\n", t.TLS.Modern, c.Name, c.Hosts, c.NotAfter.UTC().Format(time.DateOnly))
	}
	if a := t.TLS.ACME; a != nil {
		fmt.Fprintf(b, "  acme %s %s ca=%t %v in %s\n", a.Email, a.Directory, a.CA != nil, a.Hosts, a.Cache)
	}
}

func describe(c *config.Config, s *gateway.System) string {
	var b strings.Builder
	for _, l := range c.Listeners() {
		fmt.Fprintln(&b, l.Key, l.Address)
		describeTransport(&b, &l.Transport)
	}
	fmt.Fprintln(&b, "trusted", c.TrustedProxies, "clients", c.ClientNetworks)
	if c.Proxy != nil && c.ForwardAuth != nil && len(c.Proxy.Hosts) > 0 {
		fmt.Fprintln(&b, "hosts", c.Proxy.Hosts, c.ForwardAuth.Hosts)
	}
	if len(c.ForwardHeaders) > 0 {
		fmt.Fprintln(&b, "forwarded", c.ForwardHeaders)
	}
	for i, k := range s.KeySets() {
		if i >= len(c.Issuers) {
			fmt.Fprintf(&b, "provider %s remote=%t usable=%t\n", k.Issuer, k.Remote, k.Usable)
			continue
		}
		issuer := &c.Issuers[i]
		fmt.Fprintf(&b, "issuer %+v %v jwks_uri=%q remote=%t usable=%t keys=%d\n", issuer.Rules, issuer.Algorithms, issuer.JWKSURI, k.Remote, k.Usable, k.Keys)
		if !issuer.Claims.IsZero() || issuer.PermissionClaims != nil {
			fmt.Fprintf(&b, "  claims %+v, permissions are in %q\n", issuer.Claims, issuer.PermissionClaims)
		}
	}
	if a := c.Assertion; a != nil {
		fmt.Fprintln(&b, "assertion", a.Issuer, a.Audience)
	}
	describeRemembered(&b, c, s)
	for r := range c.Hosts.All() {
		fmt.Fprintf(&b, "%s %s from %s: silent=%t authenticate=%v permissions=%v issuers=%v audiences=%v fallback=%v cors=%t upstream=%q forward_credential=%t assertion=%t max_staleness=%v when_stale=%v same_origin=%t\n",
			r.Label(), r.Method, r.Source, r.Unspecified(), r.Authenticate, r.Permissions, r.Issuers, r.Audiences, r.Fallback, r.CORS != nil, r.Upstream, r.ForwardCredential, r.Assertion, r.MaxStaleness, r.WhenStale, r.SameOrigin)
	}
	for _, w := range c.Warnings {
		fmt.Fprintln(&b, "warning:", w)
	}
	if l := c.Login; l != nil {
		fmt.Fprintf(&b, "login %s %s %q\n", l.Origin, l.Outcome, l.ReturnTo)
		for _, p := range l.Providers {
			fmt.Fprintf(&b, "provider %s %q %s %s secret=%t %s %v %v %v\n", p.Name, p.Label, p.Issuer, p.ClientID,
				!p.ClientSecret.IsZero(), p.ClientAuth, p.Scopes, p.Algorithms, p.Claims)
			if n := p.Connection; !n.Equal(&connection.Connection{}) {
				key := n.ClientKey != nil && n.ClientKey.Algorithm() != ""
				n.CA, n.ClientKey = n.CA[:min(len(n.CA), 10)], nil
				fmt.Fprintf(&b, "  key=%t %+v\n", key, n)
			}
		}
		fmt.Fprintf(&b, "operators %s %q %t, strict %t\n", c.Admin.Login, c.Admin.Origin, s.Operators != nil, c.Admin.StrictReadiness)
	}
	return b.String()
}

func describeRemembered(b *strings.Builder, c *config.Config, s *gateway.System) {
	if t := c.Tokens; t.Keys != "" || c.Store != nil {
		fmt.Fprintf(b, "tokens issuer=%q audience=%q keys=%q access=%v refresh=%v grace=%v\n", t.Issuer, t.Audience, t.Keys, t.AccessLifetime, t.RefreshLifetime, t.RefreshGrace)
	}
	if c.Store != nil {
		fmt.Fprintln(b, "store", c.Store, "authority", s.Authority != nil)
	}
	if c.Sessions != nil {
		fmt.Fprintf(b, "sessions %+v\n", *c.Sessions)
	}
	if c.APIKeys != nil {
		fmt.Fprintf(b, "api_keys %+v\n", *c.APIKeys)
	}
	if c.PersonalTokens != nil {
		fmt.Fprintf(b, "personal_tokens %+v\n", *c.PersonalTokens)
	}
	if c.Failures != nil {
		fmt.Fprintf(b, "failures %+v\n", *c.Failures)
	}
}

// The examples of the reference, and of the page about rules, are ones that work.
func TestTheExampleOfTheReferenceLoads(t *testing.T) {
	for _, name := range []string{"EDGEWARD_SECRET", "CLIENT_SECRET"} {
		t.Setenv(name, "0123456789abcdef0123456789abcdef")
	}
	for _, example := range slices.Concat(examples(t, "../../../docs/configuration.md"), examples(t, "../../../docs/rules.md")) {
		if _, err := source.Parse("edgeward.yaml", []byte(example)); err != nil {
			t.Errorf("%v\n%s", err, example)
		}
	}
}

// What the file lets through travels by both doors that hold a request, and a
// session of another name by neither.
func TestForwardHeadersAndCookiesReachTheDoors(t *testing.T) {
	seen := http.Header{}
	app := http.HandlerFunc(func(_ http.ResponseWriter, hr *http.Request) { seen = hr.Header })
	upstream := httptest.NewServer(app)
	defer upstream.Close()
	t.Setenv("EDGEWARD_TEST_LONG", "0123456789abcdef0123456789abcdef")
	c, err := source.Parse("edgeward.yaml", []byte(`
proxy: {listen: "127.0.0.1:8080", upstream: "`+upstream.URL+`"}
forward_auth: {listen: "127.0.0.1:8082"}
trusted_proxies: [192.0.2.1/32]
forward_headers: [api_key, x-auth-token]
store: {memory: true}
tokens: {secret: env:EDGEWARD_TEST_LONG}
sessions: {cookie: __Host-sid}
routes: {_middleware: {authenticate: []}}
`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := gateway.Build(c.Config, gateway.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, door := range map[string]http.Handler{"proxy": s.Doors[config.ProxyListen], "middleware": s.Middleware(app)} {
		seen = http.Header{}
		hr := httptest.NewRequest("GET", "http://app.example/", nil)
		for _, field := range []string{"Api_key", "X-Auth-Token", "Other_key", "X-Auth-Other", "Cookie"} {
			hr.Header[field] = []string{"a=1; __Host-sid=ews_x"}
		}
		door.ServeHTTP(httptest.NewRecorder(), hr)
		got := fmt.Sprintf("%q %q %q %q %q", seen["Api_key"], seen["X-Auth-Token"], seen["Other_key"], seen["X-Auth-Other"], seen["Cookie"])
		if want := `["a=1; __Host-sid=ews_x"] ["a=1; __Host-sid=ews_x"] [] [] ["a=1"]`; got != want {
			t.Errorf("%s: the application got %s, want %s", name, got, want)
		}
	}
	hr, w := httptest.NewRequest("GET", "/verify", nil), httptest.NewRecorder()
	for name, value := range map[string]string{"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/", "Cookie": "a=1; __Host-sid=ews_x"} {
		hr.Header.Set(name, value)
	}
	if s.Doors[config.ForwardAuthListen].ServeHTTP(w, hr); w.Code != 200 || w.Header().Get("Cookie") != "a=1" {
		t.Errorf("forward-auth: status %d, Cookie %q", w.Code, w.Header().Get("Cookie"))
	}
}

// Another host is refused before everything else, Edgeward's own endpoints
// included.
func TestOtherHostsAreRefused(t *testing.T) {
	app := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	upstream := httptest.NewServer(app)
	defer upstream.Close()
	t.Setenv("EDGEWARD_TEST_LONG", "0123456789abcdef0123456789abcdef")
	c, err := source.Parse("edgeward.yaml", []byte(`
proxy: {listen: "127.0.0.1:8080", upstream: "`+upstream.URL+`", hosts: [app.example, "*.app.example"]}
forward_auth: {listen: "127.0.0.1:8082", hosts: [app.example]}
trusted_proxies: [192.0.2.1/32]
store: {memory: true}
tokens: {secret: env:EDGEWARD_TEST_LONG}
sessions: {}
login: {origin: "https://sign-in.example", providers: [{name: p, issuer: "https://p.example", client_id: e}]}
routes: {_middleware: {authenticate: []}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(c.Warnings, "\n"), "login.origin is none of proxy.hosts") {
		t.Errorf("warnings %q", c.Warnings)
	}
	s, err := gateway.Build(c.Config, gateway.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"app.example": 418, "app.example:8080": 418, "a.app.example": 418, "other.example": 421, "a..b": 400} {
		for name, door := range map[string]http.Handler{"proxy": s.Doors[config.ProxyListen], "middleware": s.Middleware(app)} {
			for _, path := range []string{"/x", "/auth/session"} {
				hr, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
				hr.Host = host
				if door.ServeHTTP(w, hr); w.Code != want && !(path != "/x" && want == 418 && w.Code != 421) || want == 421 && !strings.Contains(w.Body.String(), `"unknown_host"`) {
					t.Errorf("%s: %s of %s: %d, want %d: %s", name, path, host, w.Code, want, w.Body)
				}
			}
		}
		if host == "a.app.example" {
			continue // not of forward_auth
		}
		hr, w := httptest.NewRequest("GET", "/verify", nil), httptest.NewRecorder()
		hr.Header = http.Header{"X-Forwarded-Method": {"GET"}, "X-Forwarded-Uri": {"/"}, "X-Forwarded-Host": {host}}
		if s.Doors[config.ForwardAuthListen].ServeHTTP(w, hr); w.Code != want && !(want == 418 && w.Code == 200) {
			t.Errorf("forward-auth: about %s: %d, want %d", host, w.Code, want)
		}
	}
}

// An endpointsObserver notes what it was told of a request.
type endpointsObserver struct{ told []string }

func (o *endpointsObserver) Decided(_ context.Context, r *edgeward.Request, _ *edgeward.Decision, _ time.Duration) {
	o.told = append(o.told, "decided "+r.Path)
}

func (o *endpointsObserver) Served(_ context.Context, r *edgeward.Request, _ *edgeward.Decision, _ time.Duration) {
	o.told = append(o.told, "served "+r.Path)
}

func (o *endpointsObserver) Failed(context.Context, *edgeward.Request, error) {}

// What an endpoint of ours takes is told apart from what a decision takes.
func TestEndpointsAreToldApart(t *testing.T) {
	inTestdata(t, "good")
	c, err := source.Load("login.yaml")
	if err != nil {
		t.Fatal(err)
	}
	o := &endpointsObserver{}
	s, err := gateway.Build(c.Config, gateway.Environment{Observer: o}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/_sso/auth/session", "/.well-known/jwks.json", "/x"} {
		s.Doors[config.ProxyListen].ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	if got := strings.Join(o.told, ", "); got != "served /_sso/auth/session, served /.well-known/jwks.json, decided /x" {
		t.Errorf("told: %s", got)
	}
}
