package policy_test

import (
	"testing"

	"github.com/edgeward/edgeward/policy"
)

func TestAsksAsMuch(t *testing.T) {
	anybody, known := policy.Public(), policy.Require("a", "b")
	for rule, row := range map[string]struct {
		s, other policy.Statement
		want     bool
	}{
		"what refuses everybody":                        {policy.Statement{}, known, true},
		"nothing asks as much as that":                  {known, policy.Statement{}, false},
		"a public one, of another":                      {anybody, anybody, true},
		"a public one, of one that wants a proof":       {anybody, known, false},
		"a proof, of a public one":                      {known, anybody, true},
		"a strategy less":                               {policy.Require("a"), known, true},
		"a strategy more":                               {known, policy.Require("a"), false},
		"a permission more":                             {known.Permissions("x", "y"), known.Permissions("x"), true},
		"a permission less":                             {known.Permissions("x"), known.Permissions("x", "y"), false},
		"one issuer, of any":                            {known.Issuers("i"), known, true},
		"any issuer, of one":                            {known, known.Issuers("i"), false},
		"an issuer more":                                {known.Issuers("i", "j"), known.Issuers("i"), false},
		"one audience, of two":                          {known.Audiences("i"), known.Audiences("i", "j"), true},
		"any audience, of one":                          {known, known.Audiences("i"), false},
		"a page of its own, of any":                     {anybody.SameOrigin(true), anybody, true},
		"any page, of its own":                          {anybody, anybody.SameOrigin(true), false},
		"a proof from any page, of a page of its own":   {known, anybody.SameOrigin(true), false},
		"what asks nothing of a request does not count": {known.Upstream("http://a").Assertion(true), known.Upstream("http://b"), true},
	} {
		tree := build(t, file("s", row.s), file("other", row.other))
		if got := lookup(t, tree, "GET", "/s").AsksAsMuch(lookup(t, tree, "GET", "/other")); got != row.want {
			t.Errorf("%s: %t", rule, got)
		}
	}
}
