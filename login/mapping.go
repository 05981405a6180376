package login

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// A Mapping gives permissions by a claim of the ID token. The zero Mapping
// gives none.
type Mapping struct {
	// Claim is the exact name of a claim, "https://app.example/roles", or a
	// dotted path into objects, "realm_access.roles". It holds a list of
	// strings, or a string of values between spaces.
	Claim string
	// Map says which permissions a value gives. A value that is not here gives
	// nothing: nobody becomes admin because a provider has a role of that name.
	Map map[string][]string
}

func (m *Mapping) check(provider string) error {
	if (m.Claim == "") != (len(m.Map) == 0) {
		return fmt.Errorf("login: provider %s: permissions need a claim and a map", provider)
	}
	for value, permissions := range m.Map {
		for _, permission := range permissions {
			if !edgeward.IsScopeToken(permission) {
				return fmt.Errorf("login: provider %s: %q gives %q, which is no permission", provider, value, permission)
			}
		}
	}
	return nil
}

// permissions returns what c permits, sorted, each once.
func (m *Mapping) permissions(c *jwt.Claims) []string {
	var all []string
	for _, value := range values(m.find(c)) {
		all = append(all, m.Map[value]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// find returns the claim, by its exact name first: names are URLs with dots
// often enough.
func (m *Mapping) find(c *jwt.Claims) jwt.Value {
	if v, found := c.Lookup(m.Claim); found {
		return v
	}
	name, path, _ := strings.Cut(m.Claim, ".")
	v, _ := c.Lookup(name)
	for path != "" {
		name, path, _ = strings.Cut(path, ".")
		v, _ = v.Member(name)
	}
	return v
}

// values returns the strings of a claim; none when it is of another kind.
func values(v jwt.Value) []string {
	if text, ok := v.Text(); ok {
		return strings.Fields(text)
	}
	list, ok := v.Texts()
	if !ok {
		return nil
	}
	return list
}
