package warn

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/policy"
)

// rewritten warns of paths that become, at an upstream, ones for which another rule
// asks for more: with strip_prefix: /pub, /pub/admin is /admin.
func rewritten(c *config.Config) []string {
	found := detours{config: c}
	for host, tree := range c.Hosts.Trees() {
		ways := found.ways(tree)
		for r := range tree.All() {
			for way := range ways {
				found.look(host, tree, r, way)
			}
		}
	}
	if found.first == "" {
		return nil
	}
	more := ""
	if n := len(found.seen) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return []string{found.first + more + ": ask for the same on both, or give one of them an upstream of its own"}
}

type detours struct {
	config *config.Config
	first  string
	seen   map[string]bool
}

// A way is how paths are rewritten on the way to an upstream.
type way struct{ strip, add, upstream string }

// ways are those of the routes that rewrite paths.
func (d *detours) ways(tree *policy.Tree) map[way]bool {
	all := map[way]bool{}
	for r := range tree.All() {
		if w := d.of(r); w.strip+w.add != "" {
			all[w] = true
		}
	}
	return all
}

func (d *detours) of(r *policy.Route) way {
	w := way{strings.TrimSuffix(r.Forwarding.StripPrefix, "/"), strings.TrimSuffix(r.Forwarding.AddPrefix, "/"), r.Upstream}
	if d.config.Proxy != nil {
		w.upstream = cmp.Or(w.upstream, d.config.Proxy.Upstream)
	}
	return w
}

// look notes a rule of the tree that leads to where r does, by w, and asks for less.
func (d *detours) look(host string, tree *policy.Tree, r *policy.Route, w way) {
	if d.seen[r.Label()] {
		return
	}
	path, other := d.way(tree, r, w)
	if other == nil {
		return
	}
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	d.seen[r.Label()] = true
	if d.first == "" {
		at, _, _ := canonical.Rewrite(sample(r.Pattern), &r.Forwarding)
		d.first = fmt.Sprintf("%s%s is forwarded as %s and decided by %s, which asks for less than %s, the rule for %s on the same upstream", host, path, at, other.Label(), r.Label(), at)
	}
}

// way follows w backwards from where r leads to, and returns a rule of the tree there
// that asks for less than r, and its path; nil for none.
func (d *detours) way(tree *policy.Tree, r *policy.Route, w way) (path string, other *policy.Route) {
	at, _, err := canonical.Rewrite(sample(r.Pattern), &r.Forwarding)
	rest, below := strings.CutPrefix(at, w.add)
	if err != nil || !below || d.of(r).upstream != w.upstream {
		return "", nil
	}
	path, _, err = canonical.Rewrite(cmp.Or(rest, "/"), &edgeward.Forwarding{AddPrefix: w.strip})
	if err != nil {
		return "", nil
	}
	other, covered := tree.Lookup(cmp.Or(r.Method, "GET"), path)
	if !covered || other.Label() == r.Label() || d.of(other) != w || other.AsksAsMuch(r) {
		return "", nil
	}
	return path, other
}

// sample is a path that pattern covers.
func sample(pattern string) string {
	names := strings.Split(strings.TrimSuffix(pattern, "/*"), "/")
	for i, name := range names {
		if strings.HasPrefix(name, "[") { // a variable, or the rest
			names[i] = "0"
		}
	}
	return cmp.Or(strings.Join(names, "/"), "/")
}
