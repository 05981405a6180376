package policy_test

import (
	"testing"

	"github.com/edgeward/edgeward/policy"
)

// TestOpens: what goes past the decision may only be what is open to everybody.
func TestOpens(t *testing.T) {
	open, closed := policy.Public(), policy.Require("bearer")
	file := func(path string, s policy.Statement, methods ...string) policy.File {
		for _, m := range methods {
			s = s.Method(m, closed)
		}
		return policy.File{Path: path, Statement: s}
	}
	tree, err := policy.Build([]policy.File{
		file("_middleware", closed),
		file("assets/_middleware", open),
		file("mixed/_middleware", open), file("mixed/deep/private", closed),
		file("methods/_middleware", open), file("methods/upload", open, "POST"),
		file("tenants/[id]/_middleware", open), file("tenants/acme", closed),
		file("health", open),
		file("rest/[[path]]", open),
		file("shadowed/_middleware", closed), file("shadowed/[id]", open),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		path        string
		below, open bool
	}{
		{"/assets", true, true}, {"/assets/", true, true}, {"/assets", false, true}, {"/assets/css", true, true},
		{"/mixed", true, false}, {"/mixed", false, true}, {"/mixed/deep", true, false}, {"/mixed/other", true, true},
		{"/methods", true, false}, {"/methods/upload", false, false}, {"/methods/other", false, true},
		{"/tenants/x", true, true}, {"/tenants/acme", false, false}, {"/tenants", true, false}, {"/tenants/acme", true, false},
		{"/health", false, true}, {"/health", true, false},
		{"/rest/x", true, true}, {"/rest", true, false}, // the folder itself is the root's
		{"/shadowed/x", false, true}, {"/shadowed", true, false},
		{"", true, false}, {"/", true, false}, {"/", false, false}, {"/nothing", false, false}, {"/nothing", true, false},
	} {
		if got := tree.Opens(row.path, row.below); got != row.open {
			t.Errorf("%s, below %v: %v, want %v", row.path, row.below, got, row.open)
		}
	}
	if new(policy.Tree).Opens("/", true) {
		t.Error("the zero tree opens something")
	}
}

// TestOpensWhereCaseIsIgnored: a path in another spelling leads to what is closed
// below it all the same.
func TestOpensWhereCaseIsIgnored(t *testing.T) {
	tree := build(t,
		file("_middleware", policy.Public().IgnoreCase(true)),
		file("Assets/private", policy.Require("bearer")),
	)
	for path, open := range map[string]bool{"/assets": false, "/Assets": false, "/ASSETS/": false, "/a\u017f\u017fets": false, "/other": true} {
		if got := tree.Opens(path, true); got != open {
			t.Errorf("%s: %v, want %v", path, got, open)
		}
	}
}
