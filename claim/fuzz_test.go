package claim_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/jwt"
)

// FuzzMap: whatever an issuer sends and a configuration asks for, what is read can be
// sealed into an identity as it is, and holds nothing that is not configured.
func FuzzMap(f *testing.F) {
	for _, seed := range []string{
		`{"sub":"s","email":"a@x","email_verified":true,"groups":["a"],"acr":"1","auth_time":1}`, `{"realm_access":{"roles":["a"]}}`,
		`{"groups":{"a":{},"b":false}}`, `{"groups":[{"name":"a"},{"name":1}]}`, `{"groups":"a, b c"}`, `{"groups":[1e3,-0,1.5,true,null,[]]}`, `{"_claim_names":{"groups":"s"}}`,
		`{"groups":["a\u0000","\uffff"," x"]}`, `{"a.b.c":1,"a":{"b.c":2,"b":{"c":3}}}`,
	} {
		f.Add(seed, `{}`, "groups", "name", "a*", uint8(0))
		f.Add(`{}`, seed, "a.b.c", "", "", uint8(255))
	}
	f.Fuzz(func(t *testing.T, first, second, name, member, only string, form uint8) {
		var documents []claim.Document
		for _, text := range []string{first, second} {
			v, err := jwt.ParseObject(text)
			if err != nil {
				return
			}
			documents = append(documents, claim.Object(v))
		}
		s := claim.Source{Name: name, Keys: form&1 != 0}
		if form&2 != 0 {
			s.Members = member
		}
		if form&4 != 0 {
			s.Split = claim.Comma
		}
		if form&8 != 0 {
			s.Only = []string{only}
		}
		m := claim.Map{Subject: s, Username: s, Email: claim.Source{Name: "email"}, Name: s, Groups: s, Claims: map[string]claim.Source{"c": s},
			Permissions: claim.Permissions{Source: s, Map: map[string][]string{"a": {"given"}}, Prefix: "role:"}}
		if m.Check() != nil {
			return
		}
		user, err := m.Read(documents...)
		if err != nil {
			if !errors.Is(err, edgeward.TokenClaim) || user.Profile != nil || user.Permissions != nil || user.Subject != "" {
				t.Fatalf("%v beside %+v", err, user)
			}
			return
		}
		for _, p := range user.Permissions {
			if p != "given" && !strings.HasPrefix(p, "role:") {
				t.Errorf("permission %q is of no rule", p)
			}
		}
		if user.Subject == "" {
			user.Subject = "s"
		}
		id, err := edgeward.NewIdentity(edgeward.Identity{Issuer: "i", Subject: user.Subject, Permissions: user.Permissions, Profile: user.Profile})
		if err != nil {
			t.Fatalf("what was read is refused: %v", err)
		}
		if !slices.Equal(id.Permissions, user.Permissions) {
			t.Errorf("permissions %q became %q", user.Permissions, id.Permissions)
		}
		if p := user.Profile; p != nil && (!slices.Equal(id.Profile.Groups, p.Groups) || len(id.Profile.Claims) != len(p.Claims)) {
			t.Errorf("profile %+v became %+v", p, id.Profile)
		}
		if len(user.Notes) > 10 {
			t.Errorf("%d notes", len(user.Notes))
		}
	})
}
