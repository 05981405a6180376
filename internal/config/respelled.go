package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/policy"
)

// respelled says which routes have a more permissive one beside them in another
// case. Routes are matched in their case, functions of Cloudflare Pages are not:
// with /api closed and everything else open, GET /API/orders is decided as
// anything else and then reaches functions/api/orders.
func respelled(tree *policy.Tree) []string {
	var all []string
	seen := map[string]bool{}
	for r := range tree.All() {
		path := example(r.Pattern)
		other, covered := tree.Lookup(r.Method, strings.ToUpper(path))
		if !covered || other.Silent || seen[r.Pattern] || asksAlike(other, r) {
			continue
		}
		seen[r.Pattern] = true
		all = append(all, fmt.Sprintf("%s: Pages runs functions whatever the case of a path, and %s is decided by %s (%s)", r.Source, strings.ToUpper(path), other.Source, other.Pattern))
	}
	return all
}

// example returns a path that pattern covers. Its variables have no letters, so
// that they are the same in any case.
func example(pattern string) string {
	names := strings.Split(pattern, "/")
	for i, name := range names {
		if name == "*" || strings.HasPrefix(name, "[") {
			names[i] = "0"
		}
	}
	return strings.Join(names, "/")
}

// asksAlike reports whether two routes let in the same.
func asksAlike(a, b *policy.Route) bool {
	return a.Silent == b.Silent && slices.Equal(a.Authenticate, b.Authenticate) && slices.Equal(a.Permissions, b.Permissions) &&
		slices.Equal(a.Issuers, b.Issuers) && slices.Equal(a.Audiences, b.Audiences) && a.SameOrigin == b.SameOrigin
}
