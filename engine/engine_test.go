package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// scripted is a strategy whose credential is the header of its name and whose
// verdict is the credential's text.
type scripted string

func (s scripted) source(r *edgeward.Request) (edgeward.Credential, error) {
	value := r.Header.First(string(s))
	switch value {
	case "":
		return edgeward.Credential{}, fmt.Errorf("%s: %w", string(s), edgeward.CredentialMissing)
	case "twice":
		return edgeward.Credential{}, fmt.Errorf("%s: %w", string(s), edgeward.AmbiguousCredential)
	}
	return edgeward.Credential{Value: edgeward.NewSecret(value), Header: string(s)}, nil
}

func (s scripted) Verify(_ context.Context, _ *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	switch verdict := c.Value.Reveal(); verdict {
	case "forged":
		return nil, fmt.Errorf("%s: %w", string(s), edgeward.TokenSignature)
	case "expired":
		return nil, fmt.Errorf("%s: %w", string(s), edgeward.TokenExpired)
	case "down":
		return nil, &edgeward.UnavailableError{What: "keys", RetryAfter: 1500 * time.Millisecond, Err: errors.New("connection refused")}
	case "broken":
		return nil, errors.New("disk on fire")
	default:
		return edgeward.NewIdentity(edgeward.Identity{
			Issuer: "https://issuer.example/", Subject: verdict, Method: string(s),
			Permissions: []string{"orders:read"}, Audience: []string{"orders"},
		})
	}
}

func (s scripted) strategy() engine.Strategy {
	return engine.Strategy{Name: strings.ToLower(string(s)), Source: s.source, Verifier: s}
}

type asserter struct{ err error }

func (a asserter) Assert(context.Context, *edgeward.Request, *edgeward.Identity) (string, error) {
	return "signed", a.err
}

var one = []string{"first"}
var both = []string{"first", "second"}

var files = []policy.File{
	{Path: "one/_middleware", Statement: policy.Require(one...).Upstream("http://127.0.0.1:9").ForwardCredential(true)},
	{Path: "both/_middleware", Statement: policy.Require(both...)},
	{Path: "any/_middleware", Statement: policy.Require(both...).Fallback(policy.FallbackAny)},
	{Path: "never/_middleware", Statement: policy.Require(both...).Fallback(policy.FallbackNever)},
	{Path: "public/_middleware", Statement: policy.Public()},
	{Path: "silent/_middleware", Statement: policy.Statement{}.Upstream("http://127.0.0.1:9")},
	{Path: "scoped/_middleware", Statement: policy.Require(one...).Permissions("orders:read", "orders:write")},
	{Path: "issuer/_middleware", Statement: policy.Require(one...).Issuers("https://other.example/")},
	{Path: "audience/_middleware", Statement: policy.Require(one...).Audiences("billing")},
	{Path: "asserted/_middleware", Statement: policy.Require(one...).Assertion(true)},
	{Path: "partly/_middleware", Statement: policy.Require(one...).Method("PUT", policy.Statement{}.CORS(policy.CORS{Origins: []string{"https://app.example"}, Methods: []string{"PUT"}}))},
	{Path: "shared/_middleware", Statement: policy.Require(one...).CORS(policy.CORS{Origins: []string{"https://app.example"}})},
}

func newEngine(t testing.TB, a engine.Asserter) *engine.Engine {
	t.Helper()
	tree, err := policy.Build(files)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{
		Hosts: policy.AllHosts(tree), Asserter: a,
		Strategies: []engine.Strategy{scripted("First").strategy(), scripted("Second").strategy()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func request(path string, fields ...string) *edgeward.Request {
	r := &edgeward.Request{Method: "GET", Path: path, Header: edgeward.Header{}}
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	return r
}

func TestDecide(t *testing.T) {
	e := newEngine(t, asserter{})
	for rule, row := range map[string]struct {
		request *edgeward.Request
		reason  edgeward.Reason
		subject string
	}{
		"what no route covers is refused":         {request("/elsewhere", "First", "alice"), edgeward.NoRoute, ""},
		"silence is refused":                      {request("/silent/x", "First", "alice"), edgeward.RouteSilent, ""},
		"an empty list is public":                 {request("/public/x", "First", "forged"), edgeward.Public, ""},
		"absent":                                  {request("/one/x"), edgeward.CredentialMissing, ""},
		"invalid":                                 {request("/one/x", "First", "forged"), edgeward.TokenSignature, ""},
		"could not tell":                          {request("/one/x", "First", "down"), edgeward.Unavailable, ""},
		"an unknown error is a could not tell":    {request("/one/x", "First", "broken"), edgeward.Unavailable, ""},
		"proved":                                  {request("/one/x", "First", "alice"), edgeward.Authenticated, "alice"},
		"a strategy that the route did not name":  {request("/one/x", "Second", "bob"), edgeward.CredentialMissing, ""},
		"an absent credential lets the next look": {request("/both/x", "Second", "bob"), edgeward.Authenticated, "bob"},
		"the first present decides":               {request("/both/x", "First", "alice", "Second", "bob"), edgeward.Authenticated, "alice"},
		"invalid never falls through":             {request("/both/x", "First", "forged", "Second", "bob"), edgeward.TokenSignature, ""},
		"unavailable falls through":               {request("/both/x", "First", "down", "Second", "bob"), edgeward.Authenticated, "bob"},
		"unavailable and nothing else: 503":       {request("/both/x", "First", "down"), edgeward.Unavailable, ""},
		"unavailable, then invalid: 503":          {request("/both/x", "First", "down", "Second", "forged"), edgeward.Unavailable, ""},
		"any falls through an invalid one":        {request("/any/x", "First", "forged", "Second", "bob"), edgeward.Authenticated, "bob"},
		"any falls through an unavailable one":    {request("/any/x", "First", "down", "Second", "bob"), edgeward.Authenticated, "bob"},
		"any still refuses":                       {request("/any/x", "First", "forged"), edgeward.TokenSignature, ""},
		"any gives no second reading":             {request("/any/x", "First", "twice", "Second", "bob"), edgeward.AmbiguousCredential, ""},
		"never means never":                       {request("/never/x", "First", "down", "Second", "bob"), edgeward.Unavailable, ""},
		"a missing permission":                    {request("/scoped/x", "First", "alice"), edgeward.InsufficientScope, ""},
		"an issuer that the route does not take":  {request("/issuer/x", "First", "alice"), edgeward.TokenIssuer, ""},
		"an audience that the route does not take": {
			request("/audience/x", "First", "alice"), edgeward.TokenAudience, ""},
	} {
		t.Run(rule, func(t *testing.T) {
			d := e.Decide(context.Background(), row.request)
			if d.Reason != row.reason || d.Allow != (row.reason.Status() == 200) {
				t.Fatalf("allow %v, reason %v (%v), want %v", d.Allow, d.Reason, d.Err, row.reason)
			}
			if (d.Identity != nil) != (row.subject != "") || d.Identity != nil && d.Identity.Subject != row.subject {
				t.Errorf("identity %+v, want subject %q", d.Identity, row.subject)
			}
			if !d.Allow && len(d.Upstream) > 0 {
				t.Errorf("a refusal carries identity headers: %v", d.Upstream)
			}
		})
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	e := newEngine(t, asserter{})
	for rule, row := range map[string]struct {
		request     *edgeward.Request
		field, want string
	}{
		"nothing sent, no error attribute (RFC 6750 §3.1)": {request("/one/x"), "Www-Authenticate", `Bearer realm="edgeward"`},
		"invalid":                {request("/one/x", "First", "forged"), "Www-Authenticate", `Bearer realm="edgeward", error="invalid_token"`},
		"insufficient":           {request("/scoped/x", "First", "alice"), "Www-Authenticate", `Bearer realm="edgeward", error="insufficient_scope", scope="orders:read orders:write"`},
		"retry is rounded up":    {request("/one/x", "First", "down"), "Retry-After", "2"},
		"retry without a clue":   {request("/one/x", "First", "broken"), "Retry-After", "5"},
		"403 has no challenge":   {request("/silent/x"), "Www-Authenticate", ""},
		"503 is not a challenge": {request("/one/x", "First", "down"), "Www-Authenticate", ""},
		"refusals carry CORS":    {request("/shared/x", "Origin", "https://app.example"), "Access-Control-Allow-Origin", "https://app.example"},
		"foreign origins get none": {
			request("/shared/x", "Origin", "https://evil.example"), "Access-Control-Allow-Origin", ""},
		"and caches are told": {request("/shared/x"), "Vary", "Origin"},
	} {
		t.Run(rule, func(t *testing.T) {
			if got := e.Decide(context.Background(), row.request).Response.First(row.field); got != row.want {
				t.Errorf("%s: %q, want %q", row.field, got, row.want)
			}
		})
	}
}

func TestPreflightNeedsNoCredential(t *testing.T) {
	e := newEngine(t, asserter{})
	preflight := request("/shared/x", "Origin", "https://app.example", "Access-Control-Request-Method", "GET")
	preflight.Method = "OPTIONS"
	if d := e.Decide(context.Background(), preflight); d.Reason != edgeward.Preflight || d.Allow || d.Forwardable {
		t.Errorf("preflight: %v, allow %v, forwardable %v", d.Reason, d.Allow, d.Forwardable)
	}
	partly := request("/partly/x", "Origin", "https://app.example", "Access-Control-Request-Method", "PUT")
	partly.Method = "OPTIONS"
	if d := e.Decide(context.Background(), partly); d.Reason != edgeward.Preflight || d.Response.First("Access-Control-Allow-Methods") == "" {
		t.Errorf("the rules of the method that is asked about: %v, %v", d.Reason, d.Response)
	}
	for rule, fields := range map[string][]string{
		"OPTIONS without Origin":    {"Access-Control-Request-Method", "GET"},
		"OPTIONS without a method":  {"Origin", "https://app.example"},
		"a route that has no cors":  {"Origin", "https://app.example", "Access-Control-Request-Method", "GET"},
		"OPTIONS with neither is a": {},
	} {
		r := request("/shared/x", fields...)
		if rule == "a route that has no cors" {
			r.Path = "/one/x"
		}
		r.Method = "OPTIONS"
		if d := e.Decide(context.Background(), r); d.Reason != edgeward.CredentialMissing {
			t.Errorf("%s: %v, want credential_missing", rule, d.Reason)
		}
	}
}

func TestWhatTravelsOn(t *testing.T) {
	e := newEngine(t, asserter{})
	d := e.Decide(context.Background(), request("/one/x", "First", "alice"))
	if d.Target != "http://127.0.0.1:9" || !d.KeepCredential || d.Route != "/one/*" || d.Credential.Header != "First" {
		t.Errorf("decision %+v", d)
	}
	if d.Upstream.First(edgeward.HeaderSubject) != "alice" || d.Upstream.First(edgeward.HeaderAssertion) != "" {
		t.Errorf("upstream %v", d.Upstream)
	}
	asserted := e.Decide(context.Background(), request("/asserted/x", "First", "alice"))
	if asserted.Upstream.First(edgeward.HeaderAssertion) != "signed" || asserted.Upstream.First(edgeward.HeaderSubject) != "alice" {
		t.Errorf("upstream %v", asserted.Upstream)
	}
	if _, leaked := asserted.Identity.Header()[edgeward.HeaderAssertion]; leaked {
		t.Error("the assertion of one request was written into the shared identity")
	}
}

func TestAnAssertionThatCannotBeSignedRefuses(t *testing.T) {
	e := newEngine(t, asserter{errors.New("no entropy")})
	if d := e.Decide(context.Background(), request("/asserted/x", "First", "alice")); d.Allow || d.Reason != edgeward.Unavailable {
		t.Errorf("allow %v, reason %v", d.Allow, d.Reason)
	}
}

func TestNewRefusesWhatItCouldNotDecide(t *testing.T) {
	tree, err := policy.Build(files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Asserter: asserter{}, Strategies: []engine.Strategy{scripted("First").strategy()}}); err == nil {
		t.Error("a route names a strategy that does not exist, and New says nothing")
	}
	if _, err := engine.New(engine.Config{Hosts: policy.AllHosts(tree), Strategies: []engine.Strategy{scripted("First").strategy(), scripted("Second").strategy()}}); err == nil {
		t.Error("a route asks for an assertion that nobody signs, and New says nothing")
	}
}

func TestTheZeroConfigRefusesEverything(t *testing.T) {
	e, err := engine.New(engine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if d := e.Decide(context.Background(), request("/")); d.Allow || d.Reason != edgeward.UnknownHost {
		t.Errorf("allow %v, reason %v", d.Allow, d.Reason)
	}
}
