package summary

import (
	"slices"
	"testing"

	"github.com/edgeward/edgeward/claim"
)

func TestReads(t *testing.T) {
	m := claim.Map{
		Subject: claim.Source{Name: "oid"}, Email: claim.Source{Name: "upn"}, EmailAssumed: true, Groups: claim.Source{Name: "roles", Keys: true, Only: []string{"app-*"}},
		Claims:      map[string]claim.Source{"b": {Name: "x.b", Split: claim.Comma}, "a": {Name: "amr", Members: "method"}},
		Permissions: claim.Permissions{Source: claim.Source{Name: "roles"}, Map: map[string][]string{"editor": {"a", "b"}, "viewer": nil}, Prefix: "role:"},
	}
	want := []string{
		"subject: oid", "email: upn, assumed to be verified", "groups: roles (keys, only app-*)", "claims.a: amr (members method)", "claims.b: x.b (split at comma)",
		"permissions: roles; editor gives a b, viewer gives none, others give role:VALUE", "permissions as they are: none",
	}
	if got := reads(&m, []string{}); !slices.Equal(got, want) {
		t.Errorf("%q\nwant\n%q", got, want)
	}
	if got := reads(&claim.Map{}, nil); len(got) != 0 {
		t.Errorf("%q of an issuer that nothing is read of", got)
	}
}
