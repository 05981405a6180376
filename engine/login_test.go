package engine_test

import (
	"context"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// people returns an engine where a person signs in for "Second".
func people(t *testing.T, m *memory) *engine.Engine {
	t.Helper()
	tree, err := policy.Build([]policy.File{
		{Path: "one/_middleware", Statement: policy.Require(one...)},
		{Path: "both/_middleware", Statement: policy.Require(both...)},
		{Path: "both/admin", Statement: policy.Statement{}.Permissions("admin")},
	})
	if err != nil {
		t.Fatal(err)
	}
	second := scripted("Second").strategy()
	second.Interactive = true
	e, err := engine.New(engine.Config{
		Hosts: policy.AllHosts(tree), Revocations: m, Strategies: []engine.Strategy{scripted("First").strategy(), second},
		Login: engine.Login{URL: "https://app.example/auth/login", Origin: "https://app.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestWhoIsToldToSignIn(t *testing.T) {
	for rule, row := range map[string]struct {
		path, scheme, host string
		fields             []string
		revoked            error
		told               bool
	}{
		"who brings nothing":                    {"/both/x", "https", "app.example", nil, nil, true},
		"who brings something that is no good":  {"/both/x", "https", "app.example", []string{"Second", "forged"}, nil, true},
		"also of another kind":                  {"/both/x", "https", "app.example", []string{"First", "forged"}, nil, true},
		"whose credential was taken back":       {"/both/x", "https", "app.example", []string{"Second", "bob"}, edgeward.CredentialRevoked, true},
		"not while nobody can tell":             {"/both/x", "https", "app.example", []string{"Second", "down"}, nil, false},
		"not who lacks a permission":            {"/both/admin", "https", "app.example", []string{"Second", "bob"}, nil, false},
		"not who is let in":                     {"/both/x", "https", "app.example", []string{"Second", "bob"}, nil, false},
		"not where people cannot help it":       {"/one/x", "https", "app.example", nil, nil, false},
		"not where there is no route":           {"/none", "https", "app.example", nil, nil, false},
		"not on another host":                   {"/both/x", "https", "api.example", nil, nil, false},
		"not without HTTPS":                     {"/both/x", "http", "app.example", nil, nil, false},
		"not on a host whose name begins alike": {"/both/x", "https", "app.example.evil", nil, nil, false},
	} {
		t.Run(rule, func(t *testing.T) {
			r := request(row.path, row.fields...)
			r.Scheme, r.Host = row.scheme, row.host
			d := people(t, &memory{known: row.revoked}).Decide(context.Background(), r)
			if told := d.Login == "https://app.example/auth/login"; told != row.told || !told && d.Login != "" {
				t.Errorf("%v: told %q, want %v", d.Reason, d.Login, row.told)
			}
		})
	}
}
