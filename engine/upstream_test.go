package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/fields"
)

// always proves one identity, or the one that the context has.
type always struct{ id *edgeward.Identity }

func (a always) Verify(ctx context.Context, _ *edgeward.Request, _ edgeward.Credential) (*edgeward.Identity, error) {
	if id, ok := ctx.Value(whom{}).(*edgeward.Identity); ok {
		return id, nil
	}
	return a.id, nil
}

// whom is the key of an identity to prove in a context.
type whom struct{}

// tokensOf are what the provider says.
type tokensOf struct {
	token string
	err   error
}

func (t tokensOf) AccessToken(context.Context, *edgeward.Identity) (string, error) {
	return t.token, t.err
}

func zoe(t testing.TB) *edgeward.Identity {
	t.Helper()
	var groups []string
	for i := range 200 {
		groups = append(groups, fmt.Sprintf("%08x-1111-2222-3333-444455556666", i))
	}
	id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: "7", Method: "bearer", Profile: &edgeward.Profile{Username: "zoe", Email: "zoe@example.com", Groups: groups}})
	must(t, err)
	return id
}

// naming returns an engine that takes everybody for id, on routes with and without
// fields of their own.
func naming(t testing.TB, id *edgeward.Identity, tokens engine.AccessTokens) (*engine.Engine, error) {
	t.Helper()
	hosts, err := policy.BuildHosts([]policy.Host{{Files: []policy.File{
		{Path: "_middleware", Statement: policy.Require("always")},
		{Path: "named", Statement: policy.Statement{}.Headers(fields.Preset("remote-user")...)},
		{Path: "grafana", Statement: policy.Statement{}.Headers(fields.Preset("grafana")...)},
		{Path: "token", Statement: policy.Statement{}.Authorization(fields.AccessToken())},
	}}})
	must(t, err)
	return engine.New(engine.Config{Hosts: hosts, Strategies: []engine.Strategy{{Name: "always", Source: credential.Bearer, Verifier: always{id}}}, Tokens: tokens})
}

func asking(path string) *edgeward.Request {
	return &edgeward.Request{Method: "GET", Scheme: "https", Host: "app.example.com", Path: path, Header: edgeward.Header{"Authorization": {"Bearer x"}}}
}

// Users may share a place of what is remembered: each has their own fields.
func TestFieldsAreOfTheUserWhoAsks(t *testing.T) {
	e, err := naming(t, nil, tokensOf{})
	must(t, err)
	for range 2 {
		for i := range 5000 {
			name := fmt.Sprint("user-", i%500)
			id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: fmt.Sprint(i % 500), Method: "bearer", TokenID: fmt.Sprint(i), Profile: &edgeward.Profile{Username: name}})
			must(t, err)
			for path, field := range map[string]string{"/named": "Remote-User", "/grafana": "X-Webauth-User"} {
				r := asking(path)
				d := e.Decide(context.WithValue(t.Context(), whom{}, id), r)
				if !d.Allow || d.Upstream.First(field) != name || d.Upstream.First("X-Auth-Subject") != id.Subject || len(d.Upstream) < 4 {
					t.Fatalf("%s has %q: %v", name, d.Upstream, d.Err)
				}
			}
		}
	}
}

// A decision with fields allocates no more than one without, once they are made.
func TestFieldsCostNoAllocation(t *testing.T) {
	e, err := naming(t, zoe(t), tokensOf{})
	must(t, err)
	cost := func(paths ...string) float64 {
		return testing.AllocsPerRun(200, func() {
			for _, path := range paths {
				if d := e.Decide(t.Context(), asking(path)); !d.Allow {
					t.Fatal(d.Err)
				}
			}
		})
	}
	if plain, named := cost("/x", "/x"), cost("/named", "/grafana"); named > plain {
		t.Errorf("%v allocations, %v without fields", named, plain)
	}
}

func TestEveryDecisionSaysWhatNoClientMaySend(t *testing.T) {
	e, err := naming(t, zoe(t), tokensOf{})
	must(t, err)
	for _, path := range []string{"/x", "/named"} {
		if d := e.Decide(t.Context(), asking(path)); d.OwnFields == nil || !d.OwnFields.Covers("REMOTE_USER") || !d.OwnFields.Covers("x-webauth-user") {
			t.Errorf("%s: %+v", path, d.OwnFields)
		}
	}
}

func TestTheProvidersAccessToken(t *testing.T) {
	if _, err := naming(t, zoe(t), nil); err == nil {
		t.Error("a route that asks for the provider's token is taken where none is kept")
	}
	for rule, row := range map[string]struct {
		tokens  tokensOf
		want    edgeward.Reason
		field   string
		omitted int
	}{
		"there is one":         {tokensOf{token: "a.b-c_d~e+f/g="}, edgeward.Authenticated, "Bearer a.b-c_d~e+f/g=", 0},
		"there is none":        {tokensOf{}, edgeward.Authenticated, "", 0},
		"it is no token":       {tokensOf{token: "a b"}, edgeward.Authenticated, "", 1},
		"the provider is down": {tokensOf{err: errors.New("no answer")}, edgeward.Unavailable, "", 0},
	} {
		e, err := naming(t, zoe(t), row.tokens)
		must(t, err)
		d := e.Decide(t.Context(), asking("/token"))
		if d.Reason != row.want || d.Upstream.First("Authorization") != row.field || len(d.Omitted) != row.omitted {
			t.Errorf("%s: %s, Authorization %q, left out %q", rule, d.Reason.Error(), d.Upstream.First("Authorization"), d.Omitted)
		}
		if id := zoe(t); id.Header().First("Authorization") != "" {
			t.Error("the token got into the identity")
		}
	}
}

// BenchmarkFields is a decision for a user of 200 groups without fields of the
// route's, and with them.
func BenchmarkFields(b *testing.B) {
	e, err := naming(b, zoe(b), tokensOf{})
	must(b, err)
	for _, path := range []string{"/x", "/named"} {
		b.Run(path[1:], func(b *testing.B) {
			r := asking(path)
			b.ReportAllocs()
			for b.Loop() {
				e.Decide(b.Context(), r)
			}
		})
	}
}
