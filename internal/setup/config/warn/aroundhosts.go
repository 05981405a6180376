package warn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/policy"
)

// aroundHosts warns of what a host guards and another one does not, on the same
// upstream, where the upstream cannot know which was decided on: a client names the
// hosts of a "*." entry and of the top-level routes as it likes, and an application
// that gets a host of its own in every request sees no other.
func aroundHosts(c *config.Config) (all []string) {
	if c.Proxy == nil {
		return nil
	}
	d := detours{config: c}
	for guarded, tree := range c.Hosts.Trees() {
		for open, other := range c.Hosts.Trees() {
			if text := d.around(guarded, tree, open, other); text != "" {
				all = append(all, text)
				break
			}
		}
	}
	return all
}

// around returns what is wrong between the tree of a host and another one, "" for
// nothing.
func (d *detours) around(guarded string, tree *policy.Tree, open string, other *policy.Tree) string {
	if guarded == open || guarded == "" {
		return ""
	}
	ways := map[way]bool{}
	for r := range other.All() {
		if w := d.of(r); d.invents(open) || d.hides(w.upstream) {
			ways[w] = true
		}
	}
	for r := range tree.All() {
		for w := range ways {
			if path, less := d.way(other, r, w); less != nil && !r.Unspecified() {
				return fmt.Sprintf("%s leads to what %s guards on the same upstream, and asks for less (%s): give one of them an upstream of its own, or have both ask for the same",
					at(open, path), r.Label(), less.Source)
			}
		}
	}
	return ""
}

// invents reports whether a client can name a host of the entry that the
// configuration does not list.
func (d *detours) invents(entry string) bool {
	listed := d.config.Proxy.Hosts
	return (entry == "" || strings.HasPrefix(entry, "*.")) &&
		(len(listed) == 0 || slices.ContainsFunc(listed, func(name string) bool { return strings.HasPrefix(name, "*.") }))
}

// hides reports whether an upstream gets another host than the client named.
func (d *detours) hides(upstream string) bool {
	return slices.ContainsFunc(d.config.Upstreams, func(u transport.Upstream) bool { return u.Name == upstream && u.HidesHost() })
}

func at(entry, path string) string {
	if entry == "" {
		return path + " at any host that is not listed"
	}
	return entry + path
}
