package policy_test

import (
	"testing"

	"github.com/edgeward/edgeward/policy"
)

// A Route is made by hand in a program that has its own table of routes.
func TestARouteThatStatesNothingRefuses(t *testing.T) {
	for rule, row := range map[string]struct {
		route          policy.Route
		public, silent bool
	}{
		"the zero value":                  {policy.Route{}, false, true},
		"a pattern alone":                 {policy.Route{Pattern: "/a"}, false, true},
		"strategies without an access":    {policy.Route{Authenticate: []string{"bearer"}}, false, true},
		"an access that does not exist":   {policy.Route{Access: 7}, false, true},
		"required, and no strategy":       {policy.Route{Access: policy.AccessRequired}, false, false},
		"public because somebody says so": {policy.Route{Access: policy.AccessPublic}, true, false},
	} {
		if r := row.route; r.Public() != row.public || r.Unspecified() != row.silent {
			t.Errorf("%s: public %t, silent %t", rule, r.Public(), r.Unspecified())
		}
	}
}
