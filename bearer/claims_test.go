package bearer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/jwt"
)

// verifier is a verifier of f's issuers, the first of which is changed.
func (f *fixture) with(t testing.TB, change func(*bearer.Issuer), more ...func(*bearer.Config)) *bearer.Verifier {
	t.Helper()
	cfg := f.config
	cfg.Issuers = slices.Clone(cfg.Issuers)
	change(&cfg.Issuers[0])
	for _, c := range more {
		c(&cfg)
	}
	v, err := bearer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func verifyBy(v *bearer.Verifier, token string) (*edgeward.Identity, error) {
	return v.Verify(context.Background(), nil, edgeward.Credential{Value: edgeward.NewSecret(token)})
}

func extra(name, json string) jwt.Extra { return jwt.Extra{Name: name, JSON: json} }

func source(name string) claim.Source { return claim.Source{Name: name} }

func TestClaimsSayWhoAUserIs(t *testing.T) {
	f := newFixture(t, 0)
	v := f.with(t, func(i *bearer.Issuer) {
		i.Claims = claim.Map{Username: source("preferred_username"), Email: source("email"), Name: source("name"), Groups: source("groups"),
			Claims: map[string]claim.Source{"department": source("ext.department")}, Permissions: claim.Permissions{Source: source("realm_access.roles"), Prefix: "role:"}}
	})
	token := f.mint(t, f.keyA, nil, extra("preferred_username", `"ada"`), extra("email", `"ada@example.com"`), extra("email_verified", "true"), extra("name", `"Ada"`),
		extra("groups", `["staff","admins"]`), extra("ext", `{"department":"r&d"}`), extra("realm_access", `{"roles":["editor"]}`), extra("scope", `"openid"`))
	id, err := verifyBy(v, token)
	if err != nil {
		t.Fatal(err)
	}
	p := id.Profile
	if p.Username != "ada" || p.Email != "ada@example.com" || p.Name != "Ada" || !slices.Equal(p.Groups, []string{"admins", "staff"}) || !slices.Equal(p.Claims["department"], []string{"r&d"}) ||
		!slices.Equal(id.Permissions, []string{"openid", "role:editor"}) || id.Subject != "alice" {
		t.Errorf("%+v, permissions %q", p, id.Permissions)
	}
	if id, err := f.verify(token); err != nil || !id.Profile.IsZero() || !slices.Equal(id.Permissions, []string{"openid"}) {
		t.Errorf("without a configuration: %+v, %q, %v", id.Profile, id.Permissions, err)
	}
}

// Whom a revocation names is the subject that routes and upstreams know.
func TestTheSubjectFromAnotherClaim(t *testing.T) {
	f := newFixture(t, 0)
	for rule, row := range map[string]struct {
		from  string
		extra []jwt.Extra
		sub   string
		want  string
	}{
		"in place of sub":        {"oid", []jwt.Extra{extra("oid", `"o-1"`)}, "pairwise", "o-1"},
		"of a client, no user":   {"client_id", []jwt.Extra{extra("client_id", `"batch"`)}, "", "batch"},
		"a number":               {"uid", []jwt.Extra{extra("uid", `4711`)}, "", "4711"},
		"absent, though sub is":  {"oid", nil, "alice", ""},
		"empty":                  {"oid", []jwt.Extra{extra("oid", `""`)}, "alice", ""},
		"null":                   {"oid", []jwt.Extra{extra("oid", `null`)}, "alice", ""},
		"several":                {"oid", []jwt.Extra{extra("oid", `["a","b"]`)}, "alice", ""},
		"true":                   {"oid", []jwt.Extra{extra("oid", `true`)}, "alice", ""},
		"one that splits a line": {"oid", []jwt.Extra{extra("oid", `"a\nb"`)}, "alice", ""},
		"longer than a subject":  {"oid", []jwt.Extra{extra("oid", `"`+strings.Repeat("o", 256)+`"`)}, "alice", ""},
		"an unverified address":  {"email", []jwt.Extra{extra("email", `"a@example.com"`)}, "alice", ""},
	} {
		v := f.with(t, func(i *bearer.Issuer) { i.Claims.Subject = source(row.from) })
		id, err := verifyBy(v, f.mint(t, f.keyA, func(c *jwt.Claims) { c.Subject = row.sub }, row.extra...))
		switch {
		case row.want == "" && (!errors.Is(err, edgeward.TokenClaim) || !strings.Contains(err.Error(), "claim "+row.from)):
			t.Errorf("%s: %+v, %v, want token_claim", rule, id, err)
		case row.want != "" && (err != nil || id.Subject != row.want):
			t.Errorf("%s: %+v, %v, want %q", rule, id, err, row.want)
		}
	}
}

// Which claims have permissions in them is the entry's choice; only those can refuse a
// token by their form.
func TestWhichClaimsArePermissions(t *testing.T) {
	f := newFixture(t, 0)
	mapped := func(name string) claim.Map {
		return claim.Map{Permissions: claim.Permissions{Source: claim.Source{Name: name, Keys: true}, Prefix: "p:"}}
	}
	for rule, row := range map[string]struct {
		counted []string
		claims  claim.Map
		extra   []jwt.Extra
		want    string // "-" refuses
	}{
		"all of them":                      {nil, claim.Map{}, []jwt.Extra{extra("scope", `"a"`), extra("scp", `["b"]`), extra("permissions", `["c"]`)}, "a b c"},
		"one":                              {[]string{"scope"}, claim.Map{}, []jwt.Extra{extra("scope", `"a"`), extra("scp", `["b"]`), extra("permissions", `["c"]`)}, "a"},
		"none":                             {[]string{}, claim.Map{}, []jwt.Extra{extra("scope", `"a"`), extra("permissions", `{}`)}, ""},
		"malformed, and it counts":         {nil, claim.Map{}, []jwt.Extra{extra("scope", `"a"`), extra("permissions", `[{}]`)}, "-"},
		"malformed, and it does not":       {[]string{"scope"}, claim.Map{}, []jwt.Extra{extra("scope", `"a"`), extra("permissions", `[{}]`)}, "a"},
		"another claim, malformed":         {nil, claim.Map{}, []jwt.Extra{extra("scope", `"a"`), extra("roles", `[{}]`), extra("groups", `7`)}, "a"},
		"one that has another meaning":     {nil, mapped("permissions"), []jwt.Extra{extra("scope", `"a"`), extra("permissions", `{"x":{}}`)}, "a p:x"},
		"one that has two, in so many":     {[]string{"permissions"}, mapped("permissions"), []jwt.Extra{extra("permissions", `{"x":{}}`)}, "-"},
		"a mapped one that gives nothing":  {nil, mapped("roles"), []jwt.Extra{extra("scope", `"a"`), extra("roles", `["x"]`)}, "a"},
		"a mapped one that is not there":   {nil, mapped("roles"), []jwt.Extra{extra("scope", `"a"`)}, "a"},
		"the same by both":                 {nil, mapped("roles"), []jwt.Extra{extra("scope", `"p:x"`), extra("roles", `{"x":1}`)}, "p:x"},
		"scope is for the client to widen": {[]string{"permissions"}, claim.Map{}, []jwt.Extra{extra("scope", `"admin"`), extra("permissions", `["read"]`)}, "read"},
	} {
		v := f.with(t, func(i *bearer.Issuer) { i.Claims, i.PermissionClaims = row.claims, row.counted })
		id, err := verifyBy(v, f.mint(t, f.keyA, nil, row.extra...))
		switch {
		case row.want == "-" && !errors.Is(err, edgeward.TokenClaim):
			t.Errorf("%s: %v, %v, want token_claim", rule, id, err)
		case row.want != "-" && (err != nil || strings.Join(id.Permissions, " ") != row.want):
			t.Errorf("%s: %v, %v, want %q", rule, id, err, row.want)
		}
	}
	for rule, change := range map[string]func(*bearer.Issuer){
		"roles as they are":       func(i *bearer.Issuer) { i.PermissionClaims = []string{"roles"} },
		"a map that says nothing": func(i *bearer.Issuer) { i.Claims.Permissions.Source.Name = "roles" },
	} {
		cfg := f.config
		cfg.Issuers = slices.Clone(cfg.Issuers)
		if change(&cfg.Issuers[0]); true {
			if _, err := bearer.New(cfg); err == nil {
				t.Errorf("%s: accepted", rule)
			}
		}
	}
}

// A part of a user's groups would be another user's.
func TestMoreGroupsThanAreKeptRefuseAToken(t *testing.T) {
	f := newFixture(t, 0)
	v := f.with(t, func(i *bearer.Issuer) { i.Claims.Groups = source("groups") })
	_, err := verifyBy(v, f.mint(t, f.keyA, nil, extra("groups", `["`+strings.Repeat("g", 256)+`"]`)))
	if !errors.Is(err, edgeward.TokenClaim) || !strings.Contains(err.Error(), "only") {
		t.Errorf("%v, want token_claim with the remedy", err)
	}
}

func TestWhatGivesNothingIsNotedOnceAVerification(t *testing.T) {
	f := newFixture(t, 0)
	var noted []string
	v := f.with(t, func(i *bearer.Issuer) { i.Claims.Groups = source("groups") }, func(c *bearer.Config) {
		c.Noted = func(issuer string, n claim.Note) { noted = append(noted, issuer+" "+n.Claim) }
	})
	token := f.mint(t, f.keyA, nil, extra("groups", `{"a":1}`))
	for range 3 {
		if _, err := verifyBy(v, token); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(noted, []string{issuerA + " groups"}) {
		t.Errorf("noted %q", noted)
	}
	noted = nil
	forged := f.mint(t, f.keyB, nil, extra("groups", `{"a":1}`))
	if _, err := verifyBy(v, forged); err == nil || len(noted) > 0 {
		t.Errorf("a forged token: %v, noted %q", err, noted)
	}
}

// What claims are mapped is evaluated once for each verification: a decision by a
// remembered one costs the same.
func BenchmarkMappedClaims(b *testing.B) {
	f := newFixture(b, 0)
	groups := make([]string, 100)
	for i := range groups {
		groups[i] = fmt.Sprintf(`"group-%d"`, i)
	}
	token := f.mint(b, f.keyA, nil, extra("groups", "["+strings.Join(groups, ",")+"]"), extra("roles", `["a","b"]`), extra("preferred_username", `"ada"`))
	for name, claims := range map[string]claim.Map{
		"none": {},
		"all":  {Username: source("preferred_username"), Groups: source("groups"), Permissions: claim.Permissions{Source: source("roles"), Prefix: "role:"}},
	} {
		for temperature, bytes := range map[string]int{"warm": 0, "cold": -1} {
			b.Run(name+"/"+temperature, func(b *testing.B) {
				v := f.with(b, func(i *bearer.Issuer) { i.Claims = claims }, func(c *bearer.Config) { c.CacheBytes = bytes })
				b.ReportAllocs()
				for b.Loop() {
					if _, err := verifyBy(v, token); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
