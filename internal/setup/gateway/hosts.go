package gateway

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/policy"
)

// hostsChanged says for the log which hosts have come, gone or other routes than
// before. Where no host has routes of its own, there is nothing to say.
func hostsChanged(before, after *policy.Hosts) (attrs []any) {
	was, is := routesByHost(before), routesByHost(after)
	add := func(key string, names []string) {
		if len(names) > 0 {
			attrs = append(attrs, key, listed(names))
		}
	}
	var added, changed, removed []string
	named := false
	for name := range after.Trees() {
		named = named || name != ""
		switch old, known := was[name]; {
		case !known:
			added = append(added, entry(name))
		case !reflect.DeepEqual(old, is[name]):
			changed = append(changed, entry(name))
		}
	}
	for name := range before.Trees() {
		named = named || name != ""
		if _, known := is[name]; !known {
			removed = append(removed, entry(name))
		}
	}
	if !named {
		return nil
	}
	add("hosts_added", added)
	add("hosts_changed", changed)
	add("hosts_removed", removed)
	return attrs
}

func routesByHost(h *policy.Hosts) map[string][]*policy.Route {
	all := map[string][]*policy.Route{}
	for name, tree := range h.Trees() {
		all[name] = slices.Collect(tree.All())
	}
	return all
}

// entry is how the log calls an entry: the top-level one has no name.
func entry(name string) string {
	if name == "" {
		return "(routes)"
	}
	return name
}

// listed joins names, of many some.
func listed(names []string) string {
	const most = 20
	if more := len(names) - most; more > 0 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}
