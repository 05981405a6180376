package forwardauth_test

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/door/forwardauth"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// open lets every request pass: what an endpoint does not answer goes to the
// application.
type open struct{}

func (open) Decide(context.Context, *edgeward.Request) edgeward.Decision {
	return edgeward.Decision{Allow: true, Reason: edgeward.Public}
}

// askAbout asks /verify about a request, with endpoints at https://notes.example
// whose answers are the given ones.
func askAbout(t *testing.T, request string, fields ...string) (*httptest.ResponseRecorder, *[]string) {
	t.Helper()
	trusted, err := clientip.New([]netip.Prefix{doorstest.Proxies})
	if err != nil {
		t.Fatal(err)
	}
	ran := &[]string{}
	run := func(name string, reply endpoint.Reply) func(context.Context, *endpoint.Call) (endpoint.Reply, error) {
		return func(_ context.Context, c *endpoint.Call) (endpoint.Reply, error) {
			*ran = append(*ran, name)
			c.Cookies = append(c.Cookies, "__Host-c="+name)
			if body, err := c.Read(10); err != nil || len(body) > 0 {
				t.Errorf("a body: %q, %v", body, err)
			}
			return reply, nil
		}
	}
	set := &endpoint.Set{
		Origin: "https://auth.example", LoginURL: "https://auth.example/auth/login",
		Elsewhere: func(scheme, host string) bool { return scheme == "https" && host == "notes.example" },
		Endpoints: []endpoint.Endpoint{
			{Method: "GET", Path: "/auth/login", AtHosts: true, ByRedirect: true, Run: run("login", endpoint.SeeOther("https://auth.example/auth/login"))},
			{Method: "GET", Path: "/auth/arrive", AtHosts: true, ByRedirect: true, Run: run("arrive", endpoint.SeeOther("/page"))},
			{Method: "GET", Path: "/auth/session", AtHosts: true, Run: run("session", endpoint.JSON([]byte("{}")))},
			{Method: "GET", Path: "/auth/logout", AtHosts: true, Run: run("logout page", endpoint.Reply{Body: []byte("page")})},
			{Method: "POST", Path: "/auth/logout", AtHosts: true, ByRedirect: true, Run: run("logout", endpoint.Reply{Status: 204})},
			{Method: "GET", Path: "/auth/callback", ByRedirect: true, Run: run("callback", endpoint.SeeOther("/"))},
		},
	}
	hr := httptest.NewRequest("GET", "/verify", nil)
	hr.RemoteAddr = netip.AddrPortFrom(doorstest.Nearer, 1).String()
	method, target, _ := strings.Cut(request, " ")
	scheme, rest, _ := strings.Cut(target, "://")
	at := strings.IndexByte(rest, '/')
	for _, field := range append([]string{
		"X-Forwarded-Method: " + method, "X-Forwarded-Proto: " + scheme, "X-Forwarded-Host: " + rest[:at], "X-Forwarded-Uri: " + rest[at:],
	}, fields...) {
		name, value, _ := strings.Cut(field, ": ")
		hr.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	forwardauth.New(forwardauth.Config{Decider: open{}, Trusted: trusted, Endpoints: forwardauth.Endpoints{Set: set, Arrive: "/auth/arrive"}}).ServeHTTP(w, hr)
	return w, ran
}

// TestEndpointsThatAFrontAsksAbout: redirects and their cookies are the answer, what
// answers otherwise is at the login's origin, and nothing is ever a yes.
func TestEndpointsThatAFrontAsksAbout(t *testing.T) {
	const own, user, form = "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Content-Type: application/x-www-form-urlencoded"
	for _, row := range []struct {
		rule     string
		request  string
		fields   []string
		status   int
		location string
		ran      string
	}{
		{"a sign-in begins", "GET https://notes.example/auth/login?return_to=/a", []string{user}, 303, "https://auth.example/auth/login", "login"},
		{"a sign-in arrives", "GET https://notes.example/auth/arrive?ticket=ewt_x", []string{user}, 303, "https://notes.example/page", "arrive"},
		{"another spelling of the path", "GET https://notes.example/auth/%61rrive?ticket=ewt_x", []string{user}, 303, "https://notes.example/page", "arrive"},
		{"another spelling of the folder", "GET https://notes.example/%61uth/arrive?ticket=ewt_x", []string{user}, 303, "https://notes.example/page", "arrive"},
		{"a ticket at a host that is not listed reaches no application", "GET https://other.example/auth/arrive?ticket=ewt_x", []string{user}, 403, "", ""},
		{"nor without HTTPS", "GET http://notes.example/auth/arrive?ticket=ewt_x", []string{user}, 403, "", ""},
		{"nor by POST", "POST https://notes.example/auth/arrive?ticket=ewt_x", []string{user, own, form}, 405, "", ""},
		{"a logout", "POST https://notes.example/auth/logout", []string{own}, 401, "", "logout"},
		{"a logout of another page", "POST https://notes.example/auth/logout", []string{"Sec-Fetch-Site: cross-site"}, 403, "", ""},
		{"a page is at the login's origin", "GET https://notes.example/auth/logout", []string{user}, 303, "https://auth.example/auth/logout", ""},
		{"who is signed in, as a page", "GET https://notes.example/auth/session", []string{user}, 303, "https://auth.example/auth/session", ""},
		{"who is signed in, for a script", "GET https://notes.example/auth/session", nil, 404, "", ""},
		{"the callback is not the host's", "GET https://notes.example/auth/callback?code=x", []string{user}, 403, "", ""},
		{"the application's own path", "GET https://notes.example/auth/other", []string{user}, 200, "", ""},
		{"a path of a host that is not listed", "GET https://other.example/auth/login", []string{user}, 200, "", ""},
	} {
		w, ran := askAbout(t, row.request, row.fields...)
		if w.Code != row.status || w.Header().Get("Location") != row.location || strings.Join(*ran, ",") != row.ran {
			t.Errorf("%s: %d %q by %v", row.rule, w.Code, w.Header().Get("Location"), *ran)
		}
		if cookies := w.Header()["Set-Cookie"]; (len(cookies) > 0) != (row.ran != "") {
			t.Errorf("%s: cookies %v", row.rule, cookies)
		}
		if row.status != 200 && w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", row.rule, w.Header().Get("Cache-Control"))
		}
	}
}

// nginx passes no redirect on: it has a location for these paths, and what comes
// here all the same gives nothing and reaches no application.
func TestEndpointsThatNginxAsksAbout(t *testing.T) {
	for _, path := range []string{"/auth/login", "/auth/arrive?ticket=ewt_x"} {
		w, ran := askAbout(t, "GET https://notes.example"+path, "X-Original-Method: GET", "X-Original-Uri: "+path, "X-Original-Proto: https", "X-Original-Host: notes.example")
		if w.Code != 403 || len(*ran) > 0 || w.Header().Get(forwardauth.HeaderRefusal) == "" {
			t.Errorf("%s: %d by %v, %v", path, w.Code, *ran, w.Header())
		}
	}
}
