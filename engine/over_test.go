package engine_test

import (
	"context"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// A host that sign-ins are handed over to has its own way to sign in; over another
// scheme, or another port, it has none.
func TestAHostHasItsOwnWayToSignIn(t *testing.T) {
	tree, err := policy.Build([]policy.File{{Path: "_middleware", Statement: policy.Require(both...)}})
	if err != nil {
		t.Fatal(err)
	}
	second := scripted("Second").strategy()
	second.Interactive = true
	e, err := engine.New(engine.Config{
		Hosts: policy.AllHosts(tree), Strategies: []engine.Strategy{scripted("First").strategy(), second},
		Login: engine.Login{
			URL: "https://auth.example/sso/login", Origin: "https://auth.example",
			HandsOver: func(scheme, host string) bool { return scheme == "https" && host == "notes.example" },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"https auth.example":       "https://auth.example/sso/login",
		"https notes.example":      "https://notes.example/sso/login",
		"http notes.example":       "",
		"https notes.example:8443": "",
		"https other.example":      "",
	} {
		r := request("/x")
		for i := range at {
			if at[i] == ' ' {
				r.Scheme, r.Host = at[:i], at[i+1:]
			}
		}
		if d := e.Decide(context.Background(), r); d.Login != want || d.Reason != edgeward.CredentialMissing {
			t.Errorf("%s: %q, %v", at, d.Login, d.Reason)
		}
	}
}
