package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// classed is a strategy whose credential says by which class, and how many minutes ago,
// the user authenticated.
type classed struct{ now time.Time }

func (c classed) Verify(_ context.Context, _ *edgeward.Request, given edgeward.Credential) (*edgeward.Identity, error) {
	acr, ago, said := strings.Cut(given.Value.Reveal(), " ")
	profile := edgeward.Profile{ACR: acr}
	if said {
		d, err := time.ParseDuration(ago)
		if err != nil {
			return nil, err
		}
		profile.AuthTime = c.now.Add(-d)
	}
	return edgeward.NewIdentity(edgeward.Identity{Issuer: "https://issuer.example/", Subject: "alice", Permissions: []string{"orders:read"}, Profile: &profile})
}

func TestARouteAsksHowAndWhenAUserAuthenticated(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	asks := policy.Require("second")
	tree, err := policy.Build([]policy.File{
		{Path: "_middleware", Statement: asks},
		{Path: "class", Statement: policy.Statement{}.ACR("gold", "urn:x:a&b")},
		{Path: "age", Statement: policy.Statement{}.MaxAge(5 * time.Minute)},
		{Path: "both", Statement: policy.Statement{}.ACR("gold").MaxAge(5 * time.Minute)},
		{Path: "permission", Statement: policy.Statement{}.ACR("gold").Permissions("admin")},
		{Path: "open", Statement: policy.Public()},
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{
		Hosts: policy.AllHosts(tree), Now: func() time.Time { return now },
		Strategies: []engine.Strategy{{Name: "second", Source: scripted("Second").source, Verifier: classed{now}, Interactive: true}},
		Login:      engine.Login{URL: "https://app.example/auth/login", Origin: "https://app.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	const login = "https://app.example/auth/login"
	for rule, row := range map[string]struct {
		path, credential string
		want             edgeward.Reason
		login, challenge string
	}{
		"nothing is asked":              {"/x", "bronze", edgeward.Authenticated, "", ""},
		"the class":                     {"/class", "gold", edgeward.Authenticated, "", ""},
		"another class":                 {"/class", "bronze", edgeward.StepUpRequired, login + "?acr_values=gold%20urn%3Ax%3Aa%26b", `acr_values="gold urn:x:a&b"`},
		"young enough":                  {"/age", "bronze 5m", edgeward.Authenticated, "", ""},
		"too old":                       {"/age", "bronze 6m", edgeward.StepUpRequired, login + "?max_age=300", `max_age="300"`},
		"of an age that is unknown":     {"/age", "bronze", edgeward.StepUpRequired, login + "?max_age=300", `max_age="300"`},
		"both":                          {"/both", "gold 1m", edgeward.Authenticated, "", ""},
		"both, and one is missing":      {"/both", "gold 1h", edgeward.StepUpRequired, login + "?acr_values=gold&max_age=300", `acr_values="gold", max_age="300"`},
		"what stepping up does not add": {"/permission", "bronze", edgeward.InsufficientScope, "", ""},
		"a public path":                 {"/open", "bronze", edgeward.Public, "", ""},
		"who has no credential yet":     {"/class", "", edgeward.CredentialMissing, login + "?acr_values=gold%20urn%3Ax%3Aa%26b", `Bearer realm="edgeward"`},
	} {
		r := request(row.path, "Second", row.credential)
		r.Scheme, r.Host = "https", "app.example"
		d := e.Decide(context.Background(), r)
		if d.Reason != row.want || d.Allow != (row.want.Status() == 200) || d.Login != row.login || !strings.HasSuffix(d.Response.First("Www-Authenticate"), row.challenge) {
			t.Errorf("%s: %v, login %q, %q", rule, d.Reason, d.Login, d.Response.First("Www-Authenticate"))
		}
	}
}
