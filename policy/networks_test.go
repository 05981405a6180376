package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/allow"
)

// What asks for more nearer the leaf than what opens says so.
func TestPublicNetworks(t *testing.T) {
	const office = "192.0.2.0/24"
	known := policy.Require("a")
	open := known.PublicNetworks(office).Permissions("read")
	for rule, row := range map[string]struct {
		below policy.Statement
		says  string
	}{
		"nothing":                           {policy.Statement{}, ""},
		"what asks nothing":                 {policy.Statement{}.Upstream("http://127.0.0.1:1"), ""},
		"a permission":                      {policy.Statement{}.Permissions("write"), "permissions: is asked of paths that public_networks opens"},
		"an alternative":                    {policy.Statement{}.Allow(allow.Alternative{Groups: []string{"admins"}}), "allow: is asked of paths"},
		"a class":                           {policy.Statement{}.ACR("phr"), "acr: is asked of paths"},
		"a strategy":                        {known, "authenticate: is asked of paths"},
		"a permission of a method":          {policy.Statement{}.Method("POST", policy.Statement{}.Permissions("write")), "methods.POST.permissions: is asked"},
		"a permission, and none are open":   {policy.Statement{}.Permissions("write").PublicNetworks(), ""},
		"a permission, and they are open":   {policy.Statement{}.Permissions("write").PublicNetworks(office), ""},
		"a method that states it":           {policy.Statement{}.Method("POST", policy.Statement{}.Permissions("write").PublicNetworks()), ""},
		"fewer demands":                     {policy.Statement{}.Permissions(), ""},
		"networks that are restricted":      {policy.Statement{}.Networks("192.0.2.7/32"), ""},
		"a public path":                     {policy.Public(), ""},
		"a public path that asks something": {policy.Public().Allow(allow.Alternative{Groups: []string{"admins"}}), `is asked of paths that "authenticate: []" makes public`},
	} {
		_, err := policy.Build([]policy.File{file("_middleware", open), file("below", row.below)})
		if (err != nil) != (row.says != "") || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	tree := build(t, file("_middleware", open.Allow(allow.Alternative{Groups: []string{"a"}}).Networks("192.0.0.0/8")), file("public", policy.Public()))
	r := lookup(t, tree, "GET", "/public")
	if !r.PublicNetworks.Empty() || !r.Allow.Empty() || !slices.Equal(r.Asks(), []string{"networks"}) {
		t.Errorf("what is public asks for %v", r.Asks())
	}
	if r := lookup(t, tree, "GET", "/x"); !slices.Equal(r.Asks(), []string{"allow", "networks", "public_networks"}) {
		t.Errorf("%v", r.Asks())
	}
	for path, want := range map[string]bool{"/public": false, "/x": false} {
		if tree.Opens(path, false) != want {
			t.Errorf("%s is open to all", path)
		}
	}
	if !build(t, file("x", policy.Public())).Opens("/x", false) {
		t.Error("a public path is not")
	}
}

func TestRulesAskAsMuch(t *testing.T) {
	known, office := policy.Require("a"), []string{"192.0.2.0/24"}
	admins, staff := allow.Alternative{Groups: []string{"admins"}}, allow.Alternative{Groups: []string{"admins", "staff"}}
	for rule, row := range map[string]struct {
		s, other policy.Statement
		want     bool
	}{
		"a rule, of none":                    {known.Allow(staff), known, true},
		"none, of a rule":                    {known, known.Allow(staff), false},
		"a narrower rule":                    {known.Allow(admins), known.Allow(staff), true},
		"a wider rule":                       {known.Allow(staff), known.Allow(admins), false},
		"a network, of none":                 {known.Networks(office...), known, true},
		"none, of a network":                 {known, known.Networks(office...), false},
		"a network within":                   {known.Networks("192.0.2.7/32"), known.Networks(office...), true},
		"a public one in a network":          {policy.Public().Networks(office...), policy.Public(), true},
		"an open network":                    {known.PublicNetworks(office...), known, false},
		"an open network, of a larger one":   {known.PublicNetworks(office...), known.PublicNetworks("192.0.0.0/16"), true},
		"an open network, of a public route": {known.PublicNetworks(office...), policy.Public(), true},
		"none, of an open network":           {known, known.PublicNetworks(office...), true},
	} {
		tree := build(t, file("s", row.s), file("other", row.other))
		if got := lookup(t, tree, "GET", "/s").AsksAsMuch(lookup(t, tree, "GET", "/other")); got != row.want {
			t.Errorf("%s: %t", rule, got)
		}
	}
}
