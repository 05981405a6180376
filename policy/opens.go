package policy

import (
	"slices"
	"strings"
)

// unnamed is a segment that no file names: a canonical path has none like it.
const unnamed = "\x00"

// Opens reports whether everybody is let in at path by every method, without a
// credential, or with below at every path below it and at path itself. The path
// is canonical, as for [Tree.Lookup]. It is for what takes requests past the
// decision: true means that nothing is lost by that. It looks at every route
// below the path.
func (t *Tree) Opens(path string, below bool) bool {
	path = strings.TrimSuffix(path, "/")
	probes := []string{path + "/"} // find wants a slash in front; one at the end is ignored
	if below {
		probes = append(probes, path+"/"+unnamed, path+"/"+unnamed+"/"+unnamed)
	}
	for _, p := range probes {
		if e := t.find(p); e == nil || !e.open() {
			return false
		}
	}
	return !below || !slices.ContainsFunc(t.root.under(path), func(n *node) bool { return !n.open() })
}

// under returns the nodes that path, "" or with a slash in front, can lead to.
func (n *node) under(path string) []*node {
	if path == "" {
		return []*node{n}
	}
	segment, after, _ := strings.Cut(path[1:], "/")
	if after != "" {
		after = "/" + after
	}
	var all []*node
	name, _ := n.name(segment) // what cannot be folded opens nothing: find says so
	for _, child := range [...]*node{n.static[name], n.parameter} {
		if child != nil {
			all = append(all, child.under(after)...)
		}
	}
	return all
}

// open reports whether all that n and what is below it state lets everybody in.
func (n *node) open() bool {
	for _, e := range [...]*endpoint{n.own, n.rest, n.middleware} {
		if e != nil && !e.open() {
			return false
		}
	}
	for _, child := range n.static {
		if !child.open() {
			return false
		}
	}
	return n.parameter == nil || n.parameter.open()
}

func (e *endpoint) open() bool {
	return e.plain.open() && !slices.ContainsFunc(e.methods, func(m methodRoute) bool { return !m.route.open() })
}

// open reports whether r refuses no client.
func (r *Route) open() bool { return r.Public() && r.Networks.Empty() }
