package build

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/policy"
)

// checkShadowedRoutes refuses, for Pages, routes that another one leads around. Our tree
// goes name by name, and a folder that covers a path keeps it. Pages tries the
// functions with more names first: with /a open and /[x]/b/c closed, GET /a/b/c
// would be decided by /a and then run functions/[x]/b/c.
func (b *builder) checkShadowedRoutes(tree *policy.Tree) {
	names := namesByDepth(tree)
	seen := map[string]bool{}
	for r := range tree.All() {
		if seen[r.Pattern] || !strings.Contains(r.Pattern, "[") {
			continue
		}
		paths := pathsOf(r.Pattern, names)
		if paths == nil {
			b.Misplaced(policy.Problems{{
				Source: r.Source,
				Detail: fmt.Sprintf("%s can stand for more than %d paths that other routes name, too many to tell whether Pages reads one of them otherwise: give it fewer variables", r.Pattern, maxPaths),
			}})
			continue
		}
		for _, path := range paths {
			other, covered := tree.Lookup(r.Method, path)
			if !covered || other == r || fewest(other.Pattern) >= most(r.Pattern) || other.AsksAsMuch(r) {
				continue
			}
			seen[r.Pattern] = true
			b.Misplaced(policy.Problems{{
				Source: r.Source, Other: other.Source,
				Detail: fmt.Sprintf("Pages may run what is at %s for %s, which is decided by %s and asks less: give %s a file of its own there", r.Pattern, path, other.Pattern, path),
			}})
			break
		}
	}
}

// namesByDepth returns the static names that stand at each depth.
func namesByDepth(tree *policy.Tree) (all [][]string) {
	for r := range tree.All() {
		for depth, name := range strings.Split(r.Pattern, "/")[1:] {
			if depth == len(all) {
				all = append(all, nil)
			}
			if name != "*" && !strings.HasPrefix(name, "[") && !slices.Contains(all[depth], name) {
				all[depth] = append(all[depth], name)
			}
		}
	}
	return all
}

// maxPaths bounds the paths that are tried for one route.
const maxPaths = 1 << 12

// pathsOf returns paths that pattern covers: for each variable every name that
// stands at its depth, and one that stands nowhere. The rest of a path is
// nothing, too, or two names. It is nil when there are too many.
func pathsOf(pattern string, names [][]string) []string {
	paths := []string{""}
	for depth, name := range strings.Split(pattern, "/")[1:] {
		var choices []string
		switch {
		case name == "*" || strings.HasPrefix(name, "[["):
			choices = append(choices, "", "/0", "/0/0")
		case strings.HasPrefix(name, "["):
			choices = append(choices, "/0")
		default:
			choices = append(choices, "/"+name)
		}
		if isVariable := choices[0] != "/"+name; isVariable {
			for _, known := range names[depth] {
				choices = append(choices, "/"+known)
			}
		}
		var longer []string
		for _, path := range paths {
			for _, choice := range choices {
				longer = append(longer, path+choice)
			}
		}
		if len(longer) > maxPaths {
			return nil
		}
		paths = longer
	}
	return paths
}

// fewest and most are how many names the functions behind a pattern can have.
func fewest(pattern string) int { return strings.Count(strings.TrimSuffix(pattern, "/*"), "/") }
func most(pattern string) int   { return strings.Count(pattern, "/") }
