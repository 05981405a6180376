package endpoint_test

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

func done(context.Context, *endpoint.Call) (endpoint.Reply, error) { return endpoint.Reply{}, nil }

// call is a request to https://a with fields "Name: value".
func call(method, path string, fields ...string) *endpoint.Call {
	r := &edgeward.Request{ID: "id", Method: method, Scheme: "https", Host: "a", Path: path, Header: edgeward.Header{}}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Add(name, value)
	}
	return &endpoint.Call{Request: r, Read: func(int) ([]byte, error) { return nil, io.ErrUnexpectedEOF }}
}

// TestWhatIsGuarded: what is demanded before an endpoint runs. The zero guard is
// the strictest one.
func TestWhatIsGuarded(t *testing.T) {
	reader, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: "s", Method: "api_key", Permissions: []string{"x:read"}})
	if err != nil {
		t.Fatal(err)
	}
	s := &endpoint.Set{
		Origin: "https://a", Prefix: "/x/",
		Authenticate: func(context.Context, *edgeward.Request) (*edgeward.Identity, error) { return reader, nil },
		Endpoints: []endpoint.Endpoint{
			{Method: "POST", Path: "/x/cookie", Run: done},
			{Method: "GET", Path: "/x/cookie", Run: done},
			{Method: "POST", Path: "/x/header", Pages: endpoint.NoOtherPages, Run: done},
			{Method: "POST", Path: "/x/signed", Pages: endpoint.AllPages, AnyOrigin: true, Run: done},
			{Method: "DELETE", Path: "/x/{id}/part", Pages: endpoint.AllPages, Run: done},
			{Method: "GET", Path: "/x/read", Scope: "x:read", Run: done},
			{Method: "GET", Path: "/x/write", Scope: "x:write", Run: done},
		},
	}
	elsewhere := func(c *endpoint.Call) *endpoint.Call { c.Request.Host = "b"; return c }
	for rule, row := range map[string]struct {
		call   *endpoint.Call
		status int
		field  string // "Name: value" of the answer
	}{
		"a change by a cookie needs a page of ours": {call("POST", "/x/cookie"), 403, ""},
		"and has one":                                  {call("POST", "/x/cookie", "Sec-Fetch-Site: same-origin"), 200, ""},
		"what changes nothing does not":                {call("GET", "/x/cookie", "Sec-Fetch-Site: cross-site"), 200, ""},
		"HEAD is GET":                                  {call("HEAD", "/x/cookie"), 200, ""},
		"a credential in a field, from a program":      {call("POST", "/x/header"), 200, ""},
		"from a page of others":                        {call("POST", "/x/header", "Origin: https://b"), 403, ""},
		"what proves itself":                           {call("POST", "/x/signed", "Origin: https://b"), 200, ""},
		"at another origin":                            {elsewhere(call("GET", "/x/cookie")), 403, ""},
		"what asks for no cookie, at another origin":   {elsewhere(call("POST", "/x/signed")), 200, ""},
		"a method that the path has not":               {call("PUT", "/x/cookie"), 405, "Allow: POST, GET, HEAD"},
		"nor at another origin":                        {elsewhere(call("PUT", "/x/signed")), 405, "Allow: POST"},
		"a path with an id":                            {call("DELETE", "/x/1/part"), 200, ""},
		"an id of two segments":                        {call("DELETE", "/x/1/2/part"), 404, ""},
		"no id":                                        {call("DELETE", "/x//part"), 404, ""},
		"a path below the prefix that no endpoint has": {call("GET", "/x/y"), 404, ""},
		"a scope that the client has":                  {call("GET", "/x/read"), 200, ""},
		"a scope that it has not":                      {call("GET", "/x/write"), 403, `Www-Authenticate: Bearer realm="edgeward", error="insufficient_scope", scope="x:write"`},
	} {
		a := s.Serve(t.Context(), row.call)
		name, value, _ := strings.Cut(row.field, ": ")
		if a.Status != row.status || a.Header.First(name) != value || (a.Status < 400) != a.Decision.Allow {
			t.Errorf("%s: %d %v, allowed: %v", rule, a.Status, a.Header, a.Decision.Allow)
		}
		if (a.Status == 404) != (a.Decision.Route == "") { // whom an operator looks for in the log
			t.Errorf("%s: the route is %q", rule, a.Decision.Route)
		}
	}
	s.Authenticate = nil
	if a := s.Serve(t.Context(), call("GET", "/x/read")); a.Status != 503 {
		t.Errorf("a scope, and nothing that authenticates: %d", a.Status)
	}
}

// TestHowAnErrorIsAnswered: what its client learns, what its status asks for, and
// what the observer is told.
func TestHowAnErrorIsAnswered(t *testing.T) {
	down := &edgeward.UnavailableError{What: "store", RetryAfter: 7e9, Err: errors.New("planted")}
	for rule, row := range map[string]struct {
		err           error
		status        int
		code, field   string
		allow, failed bool
	}{
		"a reason":                {edgeward.SessionExpired, 401, "invalid_token", `Www-Authenticate: Bearer realm="edgeward", error="invalid_token"`, false, false},
		"could not tell":          {down, 503, "unavailable", "Retry-After: 7", false, false},
		"an operation's own":      {&problem.Failure{Fault: problem.Conflict, Detail: "x", Wait: 3e9}, 409, "conflict", "Retry-After: 3", true, false},
		"an operation's own 501":  {&problem.Failure{Fault: problem.NotConfigured}, 501, "not_configured", "", true, true},
		"a fault behind which is": {&problem.Failure{Fault: problem.LoginUnavailable, Err: down}, 503, "login_unavailable", "Retry-After: 7", false, false},
		"OAuth":                   {endpoint.RefuseOAuth(endpoint.InvalidScope, "x"), 400, "invalid_scope", "Content-Type: application/json", false, false},
		"OAuth, of a client":      {endpoint.RefuseOAuth(endpoint.InvalidClient, "x"), 401, "invalid_client", `Www-Authenticate: Basic realm="edgeward"`, false, false},
		"an invalid grant":        {edgeward.RefreshReused, 400, "invalid_grant", "Content-Type: application/json", false, false},
		"a defect":                {errors.New("planted"), 503, "unavailable", "Retry-After: 5", false, false},
	} {
		s := &endpoint.Set{Endpoints: []endpoint.Endpoint{{
			Method: "GET", Path: "/x", OAuth: true,
			Run: func(_ context.Context, c *endpoint.Call) (endpoint.Reply, error) {
				c.Cookies = []string{"a=b"}
				return endpoint.Reply{}, row.err
			},
		}}}
		a := s.Serve(t.Context(), call("GET", "/x"))
		name, value, _ := strings.Cut(row.field, ": ")
		if a.Status != row.status || a.Code != row.code || a.Header.First(name) != value {
			t.Errorf("%s: %d %s %v", rule, a.Status, a.Code, a.Header)
		}
		if a.Decision.Allow != row.allow || (a.Failed != nil) != row.failed || a.Decision.Err != row.err {
			t.Errorf("%s: decided %+v, failed %v", rule, a.Decision, a.Failed)
		}
		if strings.Contains(string(a.Body), "planted") || a.Header.First("Cache-Control") != "no-store" || a.Header.First("Set-Cookie") != "a=b" {
			t.Errorf("%s: %v %s", rule, a.Header, a.Body)
		}
	}
}

// TestAPageSaysWhatBecameOfAForm: where no sign-in is begun anew, a link that
// tries again would fetch the form's target by GET.
func TestAPageSaysWhatBecameOfAForm(t *testing.T) {
	s := &endpoint.Set{Endpoints: []endpoint.Endpoint{{
		Method: "POST", Path: "/x", Pages: endpoint.AllPages,
		Run: func(context.Context, *endpoint.Call) (endpoint.Reply, error) {
			return endpoint.Reply{}, edgeward.AmbiguousCredential
		},
	}}}
	a := s.Serve(t.Context(), call("POST", "/x", "Sec-Fetch-Mode: navigate", "Accept: text/html"))
	if page := string(a.Body); !strings.Contains(page, "What you sent was not passed on") || strings.Contains(page, "href=") {
		t.Error(page)
	}
}

// The audit log says of every endpoint's caller what the request says of itself.
func TestWhoCallsIsNamedWhole(t *testing.T) {
	c := &endpoint.Call{Request: &edgeward.Request{ID: "1", ClientIP: netip.MustParseAddr("192.0.2.7"), Header: edgeward.Header{"User-Agent": {"curl/8"}}}}
	if by := c.By(); by != (issuance.By{Actor: "client", RequestID: "1", Client: c.Request.ClientIP, UserAgent: "curl/8"}) {
		t.Errorf("%+v", by)
	}
}
