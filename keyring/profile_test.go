package keyring_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
	"github.com/edgeward/edgeward/keyring"
)

// profileOf is that of a user with so many groups, named by UUIDs.
func profileOf(groups int) *edgeward.Profile {
	p := &edgeward.Profile{Username: "alice", Email: "alice@example.com", Name: "Alice Example", Claims: map[string][]string{"team": {"blue", "red"}, "cost": {"7"}}}
	for i := range groups {
		p.Groups = append(p.Groups, fmt.Sprintf("3f2504e0-4f89-11d3-9a0c-%012d", i))
	}
	return p
}

// What is small is in the token, by the names of OpenID Connect; what is not is with the
// account, and the token says so.
func TestWhatATokenSaysOfTheUser(t *testing.T) {
	m := minter(ring(t, at(noon), hmacJWK("k", "")), at(noon))
	long := make([]string, 200)
	for i := range long {
		long[i] = fmt.Sprintf("role:3f2504e0-%04d", i)
	}
	for rule, row := range map[string]struct {
		change   func(*keyring.Grant)
		says     []string
		saysNone []string
	}{
		"no account": {func(g *keyring.Grant) { g.AsOf = 0 }, nil, []string{`"groups"`, `"account"`, `"email"`}},
		"small": {func(*keyring.Grant) {}, []string{
			`"preferred_username":"alice","name":"Alice Example","email":"alice@example.com","email_verified":true,"groups":["3f2504e0`,
			`"claims":{"cost":["7"],"team":["blue","red"]},"account":{"as_of":1795000000123}`}, []string{`"with"`}},
		"no verified address":   {func(g *keyring.Grant) { g.Profile.Email = "" }, []string{`"preferred_username"`}, []string{`"email"`, `"email_verified"`}},
		"more than 1,500 bytes": {func(g *keyring.Grant) { g.Profile = profileOf(38) }, []string{`"with":["profile"]`}, []string{`"groups"`}},
		"200 groups": {func(g *keyring.Grant) { g.Profile = profileOf(200) }, []string{
			`"scope":"`, `"account":{"as_of":1795000000123,"with":["profile"]}`}, []string{`"groups"`, `"preferred_username"`, `"claims"`}},
		"200 permissions": {func(g *keyring.Grant) { g.Permissions = long }, []string{
			`"groups"`, `"account":{"as_of":1795000000123,"with":["scope"]}`}, []string{`"scope":`}},
		"both": {func(g *keyring.Grant) { g.Profile, g.Permissions = profileOf(200), long }, []string{
			`"account":{"as_of":1795000000123,"with":["scope","profile"]}`}, []string{`"scope":`, `"groups"`}},
		"200 permissions that a client asked for": {func(g *keyring.Grant) { g.Permissions, g.Narrowed = long, true }, []string{`"scope":"role:`}, []string{`["scope`}},
		"nothing said": {func(g *keyring.Grant) { g.Profile = nil }, []string{`"account":{"as_of":1795000000123}`}, []string{`"with"`, `"groups"`}},
	} {
		g := alice
		g.Profile, g.AsOf = profileOf(3), 1795000000123
		row.change(&g)
		token, _, err := m.Mint(t.Context(), g)
		if err != nil {
			t.Fatal(rule, err)
		}
		u, err := jwt.Parse(token.Reveal())
		if err != nil {
			t.Fatal(rule, err)
		}
		for _, part := range row.says {
			if !strings.Contains(u.Claims.Payload, part) {
				t.Errorf("%s: no %s in %s", rule, part, u.Claims.Payload)
			}
		}
		for _, part := range row.saysNone {
			if strings.Contains(u.Claims.Payload, part) {
				t.Errorf("%s: %s in %s", rule, part, u.Claims.Payload)
			}
		}
		if !g.Narrowed && token.Len() > 3500 {
			t.Errorf("%s: %d bytes do not fit into a cookie under the signature of an RSA key", rule, token.Len())
		}
	}
}

// At every number of groups the token stays below what a browser keeps.
func TestATokenFitsIntoACookie(t *testing.T) {
	m := minter(ring(t, at(noon), hmacJWK("k", "")), at(noon))
	for groups := 0; groups <= 220; groups += 5 {
		for permissions := 0; permissions <= 100; permissions += 10 {
			g := alice
			g.Subject, g.Session, g.Host = "idp|"+strings.Repeat("s", 250), strings.Repeat("f", 22), strings.Repeat("h", 100)
			g.Profile, g.AsOf, g.Permissions = profileOf(groups), 1795000000123, nil
			for i := range permissions {
				g.Permissions = append(g.Permissions, fmt.Sprintf("articles:write:%d", i))
			}
			token, _, err := m.Mint(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			const hmac, rsa4096, name = 43, 683, 20 // bytes of a signature, and of the cookie's name
			if size := token.Len() - hmac + rsa4096 + name; size > 4096 {
				t.Errorf("%d groups, %d permissions: %d bytes", groups, permissions, size)
			}
		}
	}
}

// What no identity can be made of is in no token.
func TestAProfileThatNoTokenCanSay(t *testing.T) {
	m := minter(ring(t, at(noon), hmacJWK("k", "")), at(noon))
	for _, p := range []*edgeward.Profile{{Username: "a\nb"}, {Name: "a\xff"}, {Groups: slices.Repeat([]string{"a", "b\x00"}, 2)}} {
		g := alice
		g.Profile, g.AsOf = p, 1
		if _, _, err := m.Mint(t.Context(), g); !errors.Is(err, keyring.ErrGrant) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
