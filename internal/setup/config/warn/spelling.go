package warn

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/policy"
)

// otherSpellings warns of routes that an application which ignores the case of
// paths leads around: for it /Admin is /admin, and here another rule decides
// about it, which asks for less. There is no warning where ignore_case is stated.
func otherSpellings(c *config.Config) []string {
	var first string
	seen := map[string]bool{}
	for host, tree := range c.Hosts.Trees() {
		for r := range tree.All() {
			if seen[r.Label()] {
				continue
			}
			path, other := looserSpelling(tree, r)
			if other == nil {
				continue
			}
			seen[r.Label()] = true
			if first == "" {
				first = fmt.Sprintf("%s%s is decided by %s, which asks for less than %s", host, path, other.Label(), r.Label())
			}
		}
	}
	if first == "" {
		return nil
	}
	more := ""
	if n := len(seen) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return []string{first + more + ": if the application ignores the case of paths, as Express, ASP.NET and IIS do by default, state ignore_case: true in the topmost _middleware of the routes, else ignore_case: false"}
}

// looserSpelling returns a path in another spelling than r covers, and the rule
// that decides about it if that asks for less.
func looserSpelling(tree *policy.Tree, r *policy.Route) (string, *policy.Route) {
	names := strings.Split(strings.TrimSuffix(sample(r.Pattern), "/"), "/")
	for i := 1; i < len(names); i++ {
		spelled := append([]string{}, names...)
		if spelled[i] = otherCase(names[i]); spelled[i] == names[i] {
			continue
		}
		path := strings.Join(spelled, "/")
		x := tree.Explain(r.Method, path)
		if x.Covered && x.Route != r && x.Route.Pattern != r.Pattern && !statesCase(&x) && !x.Route.AsksAsMuch(r) {
			return path, x.Route
		}
	}
	return "", nil
}

// otherCase returns name with a first letter of the other case.
func otherCase(name string) string {
	for i, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z':
			return name[:i] + strings.ToUpper(name[i:i+1]) + name[i+1:]
		case 'A' <= c && c <= 'Z':
			return name[:i] + strings.ToLower(name[i:i+1]) + name[i+1:]
		}
	}
	return name
}

func statesCase(x *policy.Explanation) bool {
	for _, s := range x.Effective {
		if s.Key == "ignore_case" {
			return true
		}
	}
	return false
}
