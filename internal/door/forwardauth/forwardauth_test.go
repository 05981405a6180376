package forwardauth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// verify asks a door whose decider is system; fields are "Name: value".
func verify(t testing.TB, d edgeward.Decider, request string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	trusted, err := clientip.New([]netip.Prefix{doorstest.Proxies})
	if err != nil {
		t.Fatal(err)
	}
	method, target, _ := strings.Cut(request, " ")
	hr := httptest.NewRequest(method, target, nil)
	hr.RemoteAddr = netip.AddrPortFrom(doorstest.Nearer, 1).String()
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		if value == "" && strings.HasPrefix(name, "X-Original-") {
			continue
		}
		switch name {
		case "Peer":
			hr.RemoteAddr = value
			continue
		case "Host":
			hr.Host = value
			continue
		}
		hr.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	forwardauth.New(forwardauth.Config{Decider: d, Trusted: trusted}).ServeHTTP(w, hr)
	return w
}

func TestVerify(t *testing.T) {
	system := doorstest.New(t)
	token := "Authorization: Bearer " + system.Token
	traefik := []string{token, "X-Forwarded-Method: GET", "X-Forwarded-Uri: /api/orders", "X-Forwarded-Proto: https", "X-Forwarded-Host: api.example.com"}
	nginx := []string{token, "X-Original-Method: GET", "X-Original-URI: /api/orders", "X-Original-Proto: https", "X-Original-Host: api.example.com"}
	with := func(fields []string, more ...string) []string {
		return append(fields[:len(fields):len(fields)], more...)
	}
	for _, row := range []struct {
		rule    string
		request string // "" is GET /verify
		fields  []string
		status  int
		code    string // "" is allowed
	}{
		{"Traefik and Caddy ask", "", traefik, 200, ""},
		{"nginx asks", "", nginx, 200, ""},
		{"nginx asks again to show a refusal, with the client's method and query", "POST /verify?a=b", nginx, 200, ""},
		{"X-Original-URL is another name of X-Original-URI", "", []string{token, "X-Original-Method: GET", "X-Original-URL: /api/orders"}, 200, ""},
		{"a whole URL names scheme and host", "", []string{token, "X-Original-Method: GET", "X-Original-URL: https://api.example.com/api/orders"}, 200, ""},
		{"both dialects in the same words", "", with(traefik, nginx[1:]...), 200, ""},

		{"what Traefik sends itself", "", with(traefik, "X-Forwarded-Port: 443", "X-Forwarded-Server: traefik", "X-Forwarded-Prefix: /v1", "X-Real-Ip: 203.0.113.9"), 200, ""},
		{"a content delivery network in front of it", "", with(traefik, "Cf-Connecting-Ip: 203.0.113.9", "True-Client-Ip: 203.0.113.9"), 200, ""},

		{"nginx names the host that it chose", "GET /verify/host/api.example.com", nginx, 200, ""},
		{"… in another spelling and without a port", "GET /verify/host/API.example.com.", with(nginx[:4], "X-Original-Host: api.example.com:8443"), 200, ""},
		{"Traefik names it", "GET /verify/host/api.example.com", traefik, 200, ""},
		{"ingress-nginx names it", "GET /verify/host/api.example.com", []string{token, nginx[1], "X-Original-URL: https://api.example.com/api/orders", "Host: edgeward.internal"}, 200, ""},
		{"… and asks about another", "GET /verify/host/admin.example.com", []string{token, nginx[1], "X-Original-URL: https://api.example.com/api/orders", "Host: edgeward.internal"}, 403, "bad_request"},
		{"nginx names another host", "GET /verify/host/admin.example.com", nginx, 403, "bad_request"},
		{"Traefik names another host", "GET /verify/host/admin.example.com", traefik, 400, "bad_request"},
		{"… above the asked one", "GET /verify/host/example.com", traefik, 400, "bad_request"},
		{"no name", "GET /verify/host/", traefik, 400, "bad_request"},
		{"two names", "GET /verify/host/api.example.com/api.example.com", traefik, 400, "bad_request"},
		{"two names in a list", "GET /verify/host/api.example.com,api.example.com", traefik, 400, "bad_request"},
		{"a name and a query, which $host would hold of Host: api.example.com?", "GET /verify/host/api.example.com?", traefik, 400, "bad_request"},
		{"a name and the client's query", "GET /verify/host/api.example.com?host=api.example.com", traefik, 400, "bad_request"},
		{"an escaped name", "GET /verify/host/%61pi.example.com", traefik, 400, "bad_request"},
		{"an escaped prefix", "GET /verify/hos%74/api.example.com", traefik, 400, "bad_request"},
		{"a name in the query is the client's, behind Caddy", "GET /verify?host=admin.example.com&/verify/host/admin.example.com", traefik, 200, ""},
		{"a stranger names a host", "GET /verify/host/api.example.com", with(traefik, "Peer: 203.0.113.9:1"), 403, "forbidden"},
		{"a path beside the name's", "GET /verify/host", traefik, 404, "not_found"},

		{"Host: api.example.com? before the path", "", []string{token, nginx[1], "X-Original-URL: https://api.example.com?/api/orders"}, 403, "bad_request"},
		{"… in X-Forwarded-Uri", "", []string{token, "X-Forwarded-Method: GET", "X-Forwarded-Uri: https://api.example.com?/api/orders", "X-Forwarded-Host: api.example.com", "X-Forwarded-Proto: https"}, 400, "bad_request"},

		{"another path", "GET /", traefik, 404, "not_found"},
		{"a path below", "GET /verify/x", traefik, 404, "not_found"},
		{"another case", "GET /Verify", traefik, 404, "not_found"},

		{"a peer that is no declared proxy", "", with(traefik, "Peer: 203.0.113.9:1"), 403, "forbidden"},
		{"loopback is not trusted by itself", "", with(traefik, "Peer: 127.0.0.1:1"), 403, "forbidden"},
		{"no peer, as on a Unix socket", "", with(traefik, "Peer: @"), 403, "forbidden"},

		{"nothing is described", "", []string{token}, 400, "bad_request"},
		{"no method", "", []string{token, "X-Forwarded-Uri: /public/x"}, 400, "bad_request"},
		{"no URI", "", []string{token, "X-Forwarded-Method: GET"}, 400, "bad_request"},
		{"an empty URI", "", []string{token, "X-Forwarded-Method: GET", "X-Forwarded-Uri: "}, 400, "bad_request"},
		{"another scheme than http and https", "", []string{token, "X-Forwarded-Method: GET", "X-Forwarded-Uri: /api/x", "X-Forwarded-Proto: https,http"}, 400, "bad_request"},

		{"a URI twice", "", with(traefik, "X-Forwarded-Uri: /api/orders"), 400, "bad_request"},
		{"a method twice", "", with(traefik, "X-Forwarded-Method: GET"), 400, "bad_request"},
		{"a scheme twice", "", with(traefik, "X-Forwarded-Proto: https"), 400, "bad_request"},
		{"a host twice", "", with(traefik, "X-Forwarded-Host: api.example.com"), 400, "bad_request"},
		{"a method in a list", "", []string{token, "X-Forwarded-Method: GET, POST", "X-Forwarded-Uri: /api/orders"}, 400, "bad_request"},

		// A client behind nginx sends Traefik's fields, and the other way round.
		{"nginx, and the client's X-Forwarded-Uri", "", with(nginx, "X-Forwarded-Uri: /public/x"), 403, "bad_request"},
		{"nginx, and the client's X-Forwarded-Method", "", with(nginx, "X-Forwarded-Method: OPTIONS"), 403, "bad_request"},
		{"nginx, and the client's X-Forwarded-Proto", "", with(nginx, "X-Forwarded-Proto: http"), 403, "bad_request"},
		{"nginx, and the client's X-Forwarded-Host", "", with(nginx, "X-Forwarded-Host: other.example"), 403, "bad_request"},
		{"nginx with Host alone", "", append(nginx[:4:4], "Host: api.example.com:8443"), 200, ""},
		{"nginx with Host alone, and the client's X-Forwarded-Host", "", append(nginx[:4:4], "Host: api.example.com", "X-Forwarded-Host: other.example"), 403, "bad_request"},
		{"nginx with Host alone, and X-Forwarded-Host as well", "", append(nginx[:4:4], "Host: api.example.com", "X-Forwarded-Host: api.example.com:8443"), 200, ""},
		{"nginx with Host alone, and the client's URL", "", []string{token, nginx[1], "X-Original-URI: http://other.example/api/orders", "Host: api.example.com"}, 403, "bad_request"},
		{"nginx with a whole URL, and the client's X-Forwarded-Host", "", []string{token, nginx[1], "X-Original-URL: https://api.example.com/api/orders", "X-Forwarded-Host: other.example"}, 403, "bad_request"},
		{"Traefik's dialect with Host alone, and the client's X-Original-Host", "", append(traefik[:4:4], "Host: api.example.com", "X-Original-Host: other.example"), 400, "bad_request"},
		{"… and a method beside it", "", append(traefik[:4:4], "Host: api.example.com", "X-Original-Method: GET", "X-Original-Host: other.example"), 403, "bad_request"},
		{"nginx with a path in X-Original-URL, and the client's X-Forwarded-Host", "", []string{token, nginx[1], "X-Original-URL: /api/orders", "Host: api.example.com", "X-Forwarded-Host: other.example"}, 403, "bad_request"},
		{"nginx with Host alone, and the client's URL twice", "", []string{token, nginx[1], "X-Original-URI: http://other.example/api/orders", "X-Original-URL: http://other.example/api/orders", "Host: api.example.com"}, 403, "bad_request"},
		{"Traefik, and the client's method in nginx' dialect", "", with(traefik, "X-Original-Method: GET", "Host: 127.0.0.1:8082"), 403, "bad_request"},
		{"nginx, and the client's X-Original-URL", "", with(nginx, "X-Original-URL: /public/x"), 403, "bad_request"},
		{"Traefik, and the client's X-Original-URI", "", with(traefik, "X-Original-URI: /public/x"), 403, "bad_request"},
		{"Traefik, and the client's X-Original-Method", "", with(traefik, "X-Original-Method: OPTIONS"), 403, "bad_request"},
		{"the same path, spelled in another way", "", with(traefik, "X-Original-URI: /%61pi/orders"), 403, "bad_request"},

		{"a path for an application that rewrites", "", with(traefik, "X-Rewrite-Url: /admin"), 400, "bad_request"},
		{"a path in a field of nobody's dialect", "", with(traefik, "X-Original-Path: /admin"), 400, "bad_request"},
		{"a known field in another spelling", "", with(traefik, "X_Forwarded_For: 127.0.0.1"), 400, "bad_request"},

		{"nginx understands 401", "", nginx[1:], 401, "credential_required"},
		{"nginx does not understand 405", "", []string{"X-Original-Method: TRACE", "X-Original-URI: /api/x"}, 403, "method_not_allowed"},
		{"Traefik does", "", []string{"X-Forwarded-Method: TRACE", "X-Forwarded-Uri: /api/x"}, 405, "method_not_allowed"},
		{"a preflight is no yes", "", []string{"X-Forwarded-Method: OPTIONS", "X-Forwarded-Uri: /api/x", "Origin: https://app.example", "Access-Control-Request-Method: PUT"}, 403, "preflight_unanswered"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			if row.request == "" {
				row.request = "GET /verify"
			}
			w := verify(t, system, row.request, row.fields...)
			if w.Code != row.status {
				t.Fatalf("status %d, want %d: %s", w.Code, row.status, w.Body)
			}
			if row.code != "" && !strings.Contains(w.Body.String(), `"code":"`+row.code+`"`) {
				t.Errorf("want code %s: %s", row.code, w.Body)
			}
			if row.code == "" && w.Header().Get("X-Auth-Subject") != "alice" {
				t.Errorf("answer %v", w.Header())
			}
		})
	}
}

func TestEveryIdentityFieldIsInTheAnswer(t *testing.T) {
	for _, path := range []string{"/api/orders", "/public/x"} {
		system := doorstest.New(t)
		w := verify(t, system, "GET /verify", "Authorization: Bearer "+system.Token, "X-Forwarded-Method: GET", "X-Forwarded-Uri: "+path, "X-Auth-Session: "+doorstest.Evil)
		for name := range identity.Names(nil) {
			if values := w.Header().Values(name); len(values) != 1 || values[0] == doorstest.Evil {
				t.Errorf("%s: %s is %q", path, name, values)
			}
		}
	}
}

// logged is an observer that keeps the last error.
type logged struct{ err error }

func (l *logged) Decided(_ context.Context, _ *edgeward.Request, d *edgeward.Decision, _ time.Duration) {
	l.err = d.Err
}

func (l *logged) Failed(context.Context, *edgeward.Request, error) {}

// Whoever sets up a proxy forgets a field first.
func TestTheLogSaysThatFieldsAreMissing(t *testing.T) {
	trusted, err := clientip.New([]netip.Prefix{doorstest.Proxies})
	if err != nil {
		t.Fatal(err)
	}
	log := &logged{}
	hr := httptest.NewRequest("GET", "/verify", nil)
	hr.RemoteAddr = netip.AddrPortFrom(doorstest.Nearer, 1).String()
	forwardauth.New(forwardauth.Config{Trusted: trusted, Observer: log}).ServeHTTP(httptest.NewRecorder(), hr)
	if log.err == nil || !strings.Contains(log.err.Error(), "X-Forwarded-Method or X-Original-Method is missing") {
		t.Error(log.err)
	}
}

type deciderFunc func(r *edgeward.Request) edgeward.Decision

func (f deciderFunc) Decide(_ context.Context, r *edgeward.Request) edgeward.Decision { return f(r) }

func TestADeciderThatFailsIs503InEveryDialect(t *testing.T) {
	broken := deciderFunc(func(*edgeward.Request) edgeward.Decision { panic("hunter2") })
	for _, dialect := range []string{"Forwarded", "Original"} {
		w := verify(t, broken, "GET /verify", "X-"+dialect+"-Method: GET", "X-"+dialect+"-Uri: /api/x")
		if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s: status %d: %s", dialect, w.Code, w.Body)
		}
	}
}

// Whatever the fields say: what is decided is canonical, and is what both
// dialects said.
func FuzzVerify(f *testing.F) {
	f.Add("GET", "/api/orders", "https", "api.example.com", "", "")
	f.Add("GET", "http://api.example.com/a?b", "", "", "GET", "/a/../b")
	f.Fuzz(func(t *testing.T, method, uri, proto, host, method2, uri2 string) {
		d := deciderFunc(func(r *edgeward.Request) edgeward.Decision {
			if again, err := canonical.Path(canonical.EscapePath(r.Path)); err != nil || again != r.Path {
				t.Errorf("decided about %q: %v", r.Path, err)
			}
			if again, err := canonical.Host(r.Host, r.Scheme); err != nil || again != r.Host {
				t.Errorf("decided about host %q: %v", r.Host, err)
			}
			if r.Method != method || uri2 != "" && uri2 != uri || method2 != "" && method2 != method {
				t.Errorf("decided about %s %q, said was %q %q and %q %q", r.Method, r.Path, method, uri, method2, uri2)
			}
			return edgeward.Decision{}
		})
		verify(t, d, "GET /verify", "X-Forwarded-Method: "+method, "X-Forwarded-Uri: "+uri, "X-Forwarded-Proto: "+proto, "X-Forwarded-Host: "+host,
			"X-Original-Method: "+method2, "X-Original-Uri: "+uri2)
	})
}
