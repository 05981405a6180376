package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/policy"
)

// respelled says which routes another case of their path leads around. Routes are
// matched in their case, functions of Cloudflare Pages are not: with /api closed
// and everything else open, GET /API/orders is decided as anything else and then
// reaches functions/api/orders.
func respelled(tree *policy.Tree) []string {
	all := twins(tree)
	seen := map[string]bool{}
	for r := range tree.All() {
		for _, path := range spellings(r.Pattern) {
			other, covered := tree.Lookup(r.Method, path)
			if !covered || seen[r.Pattern] || asksAsMuch(other, r) {
				continue
			}
			seen[r.Pattern] = true
			all = append(all, fmt.Sprintf("%s is closed by %s, and %s decided by %s (%s)", r.Pattern, r.Source, path, other.Source, other.Pattern))
		}
	}
	return all
}

// twins says which names differ in case alone.
func twins(tree *policy.Tree) (all []string) {
	first := map[string]string{} // by lower case
	for r := range tree.All() {
		pattern := ""
		for name := range strings.SplitSeq(r.Pattern, "/") {
			pattern += "/" + name
			folded := strings.ToLower(pattern)
			if twin := first[folded]; twin != "" && twin != pattern {
				all = append(all, fmt.Sprintf("%s and %s are one to it", strings.TrimPrefix(twin, "/"), strings.TrimPrefix(pattern, "/")))
				break
			}
			first[folded] = pattern
		}
	}
	return all
}

// maxSpellings bounds the spellings of a path that are tried; it is reached with
// ten names.
const maxSpellings = 1 << 10

// spellings returns paths that pattern covers, with each name in its case and in
// another, in every combination; those that come first differ most. Variables
// are digits, which have no case.
func spellings(pattern string) []string {
	paths := []string{""}
	for _, name := range strings.Split(pattern, "/")[1:] {
		if name == "*" || strings.HasPrefix(name, "[") {
			name = "0"
		}
		other := strings.ToUpper(name)
		if other == name {
			other = strings.ToLower(name)
		}
		var longer []string
		for _, path := range paths {
			if other != name && len(paths) < maxSpellings {
				longer = append(longer, path+"/"+other)
			}
			longer = append(longer, path+"/"+name)
		}
		paths = longer
	}
	return paths
}

// asksAsMuch reports whether other lets in nobody whom r does not.
func asksAsMuch(other, r *policy.Route) bool {
	switch {
	case other.Silent:
		return true
	case r.SameOrigin && !other.SameOrigin, r.Silent:
		return false
	case r.Public():
		return true
	}
	return !other.Public() && within(other.Authenticate, r.Authenticate) && within(r.Permissions, other.Permissions) &&
		narrows(other.Issuers, r.Issuers) && narrows(other.Audiences, r.Audiences)
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// narrows is within for lists of which the empty one means everybody.
func narrows(some, all []string) bool {
	return len(all) == 0 || len(some) > 0 && within(some, all)
}
