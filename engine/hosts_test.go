package engine_test

import (
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/policy"
)

// TestTheHostChoosesTheTree: the tree of the request's host decides, preflights
// included, and no other; a host without one is refused whatever the path.
func TestTheHostChoosesTheTree(t *testing.T) {
	page := policy.CORS{Origins: []string{"https://app.example"}, Methods: []string{"PUT"}}
	tree := func(name string, s policy.Statement) policy.Host {
		return policy.Host{Name: name, Files: []policy.File{{Path: "a/_middleware", Statement: s}}}
	}
	hosts, err := policy.BuildHosts([]policy.Host{
		tree("open.example", policy.Public().CORS(page)),
		tree("closed.example", policy.Require("first")),
		tree("*.below.example", policy.Require("first").Permissions("orders:write")),
		tree("silent.example", policy.Statement{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{Hosts: hosts, Strategies: []engine.Strategy{scripted("First").strategy()}})
	if err != nil {
		t.Fatal(err)
	}
	for rule, row := range map[string]struct {
		host, path string
		reason     edgeward.Reason
		name       string
	}{
		"its own rules":                  {"open.example", "/a", edgeward.Public, "open.example"},
		"and with a port":                {"closed.example:8443", "/a", edgeward.Authenticated, "closed.example"},
		"a suffix":                       {"x.y.below.example", "/a", edgeward.InsufficientScope, "*.below.example"},
		"a path that only others have":   {"closed.example", "/b", edgeward.NoRoute, "closed.example"},
		"a tree that states nothing":     {"silent.example", "/a", edgeward.RouteSilent, "silent.example"},
		"a host without a tree":          {"below.example", "/a", edgeward.UnknownHost, ""},
		"a host without a tree, no path": {"other.example", "/b", edgeward.UnknownHost, ""},
		"no host":                        {"", "/a", edgeward.UnknownHost, ""},
	} {
		r := request(row.path, "First", "alice")
		r.Host = row.host
		if d := e.Decide(t.Context(), r); d.Reason != row.reason || d.Host != row.name {
			t.Errorf("%s: %v of %q", rule, d.Reason, d.Host)
		}
	}
	for host, want := range map[string]edgeward.Reason{"open.example": edgeward.Preflight, "closed.example": edgeward.CredentialMissing, "other.example": edgeward.UnknownHost} {
		r := request("/a", "Origin", "https://app.example", "Access-Control-Request-Method", "PUT")
		r.Method, r.Host = "OPTIONS", host
		if d := e.Decide(t.Context(), r); d.Reason != want || want == edgeward.Preflight && d.Host != host {
			t.Errorf("a preflight at %s: %v of %q", host, d.Reason, d.Host)
		}
	}
}
