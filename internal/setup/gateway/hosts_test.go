package gateway_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/gateway"
)

// askAt asks the proxy for a path at a host.
func askAt(l *gateway.Live, host, path string) (int, string) {
	r := httptest.NewRequest("GET", "http://"+host+path, nil)
	w := httptest.NewRecorder()
	l.Door(config.ProxyListen).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// The endpoints are at login.origin and at the token issuer's host although no tree
// is theirs, and at no host that is not listed.
func TestTheEndpointsAreAtOurHosts(t *testing.T) {
	f := newHybrid(t, "{memory: true}", "login:\n  origin: https://auth.example:8443\n  providers: [{name: id, issuer: https://id.example/, client_id: edge}]\n")
	f.edit("routes:\n  _middleware:", "hosts:\n  a.example:")
	l := f.run(onDisk)
	const keys, session = "/.well-known/jwks.json", "/auth/session"
	for rule, row := range map[string]struct {
		host, path string
		status     int
	}{
		"keys at the issuer's host":             {"api.example", keys, 200},
		"keys at login.origin":                  {"auth.example", keys, 200},
		"keys at a host with routes":            {"a.example", keys, 200},
		"keys at no host of ours":               {"b.example", keys, 421},
		"users at no host of ours":              {"b.example", session, 421},
		"what the endpoints do not have":        {"auth.example", "/", 421},
		"nor do they at a host of another name": {"api.example.evil.example", keys, 421},
	} {
		if status, body := askAt(l, row.host, row.path); status != row.status {
			t.Errorf("%s: %d %s", rule, status, body)
		}
	}
}

// Where no routes are at login.origin, a sign-in that names no page leads to a page
// of Edgeward's own, and not to a refusal.
func TestWhereASignInLeads(t *testing.T) {
	const two = "login:\n  origin: https://auth.example\n  providers: [{name: a, issuer: https://a.example/, client_id: e}, {name: b, issuer: https://b.example/, client_id: e}]\n"
	for rule, row := range map[string]struct{ hosts, link string }{
		"routes for every host": {"routes:\n  _middleware:", `"/auth/login?provider=a"`},
		"routes there":          {"hosts:\n  auth.example:", `"/auth/login?provider=a"`},
		"no routes there":       {"hosts:\n  a.example:", `"/auth/login?provider=a&amp;return_to=%2Fauth%2Fsessions"`},
	} {
		f := newHybrid(t, "{memory: true}", two)
		f.edit("routes:\n  _middleware:", row.hosts)
		r, w := httptest.NewRequest("GET", "https://auth.example/auth/login", nil), httptest.NewRecorder()
		r.Header.Set("Accept", "text/html")
		f.run(onDisk).Door(config.ProxyListen).ServeHTTP(w, r)
		if w.Code != 200 || !strings.Contains(w.Body.String(), row.link) {
			t.Errorf("%s: %d %s", rule, w.Code, w.Body)
		}
	}
}

const twoHosts = `
proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:9}
hosts:
  a.example: {routes: routes/a}
  b.example: {routes: b}
routes: routes
`

// The folders of all hosts are read again, and a mistake in one of them changes
// nothing anywhere. The log says whose routes are others.
func TestReloadWithHosts(t *testing.T) {
	f := newFolder(t, twoHosts)
	for _, name := range []string{"routes/x", "routes/a/x", "b/x"} {
		f.write(name+".yaml", "authenticate: []\n")
	}
	var log bytes.Buffer
	l, err := gateway.NewLive(f.load(), gateway.Environment{Log: slog.New(slog.NewTextHandler(&log, nil))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	covered := func(want string) {
		t.Helper()
		got := ""
		for _, host := range []string{"a.example", "b.example", "c.example"} {
			for _, path := range []string{"/x", "/y", "/a/x"} {
				if x, _ := l.System().Config.Hosts.Explain("GET", host, path); x.Covered {
					got += host[:1] + path + " "
				}
			}
		}
		if got != want {
			t.Errorf("covered: %s, want %s", got, want)
		}
	}
	covered("a/x b/x c/x ")
	f.write("routes/a/y.yaml", "authenticate: []\n")
	f.write("b/y.yaml", "authenticat: []\n")
	if err := l.Reload(); err == nil {
		t.Error("a mistake in the routes of one host is taken over")
	}
	covered("a/x b/x c/x ")
	f.write("b/y.yaml", "authenticate: []\n")
	for _, step := range []struct {
		edgeward, covered, says string
	}{
		{twoHosts, "a/x a/y b/x b/y c/x ", `hosts_changed="a.example, b.example"`},
		{strings.Replace(twoHosts, "  b.example: {routes: b}\n", "  c.example: {authenticate: []}\n", 1), "a/x a/y b/x c/x c/y c/a/x ", "hosts_added=c.example hosts_removed=b.example"},
		{strings.Replace(twoHosts, "routes: routes\n", "", 1), "a/x a/y b/x b/y ", `hosts_added=b.example hosts_removed="c.example, (routes)"`},
	} {
		log.Reset()
		f.write("edgeward.yaml", step.edgeward)
		if err := l.Reload(); err != nil {
			t.Fatal(err)
		}
		covered(step.covered)
		if !strings.Contains(log.String(), step.says) {
			t.Errorf("%q is not in %s", step.says, log.String())
		}
	}
}

func TestManyHostsMakeOneLine(t *testing.T) {
	f := newFolder(t, twoHosts)
	f.write("edgeward.yaml", "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:9}\nroutes: {_middleware: {authenticate: []}}\n")
	var log bytes.Buffer
	l, err := gateway.NewLive(f.load(), gateway.Environment{Log: slog.New(slog.NewTextHandler(&log, nil))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Reload(); err != nil || strings.Contains(log.String(), "hosts_") {
		t.Errorf("%v %s", err, log.String())
	}
	many := "hosts:\n"
	for i := range 25 {
		many += fmt.Sprintf("  h%d.example: {authenticate: []}\n", i)
	}
	f.write("edgeward.yaml", string(f.read("edgeward.yaml"))+many)
	if err := l.Reload(); err != nil || !strings.Contains(log.String(), "h19.example and 5 more") {
		t.Errorf("%v %s", err, log.String())
	}
}
