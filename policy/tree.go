package policy

import (
	"iter"
	"slices"
	"strings"
)

// A Tree answers which route covers a path. It is immutable and safe for
// concurrent use. The zero Tree covers nothing.
type Tree struct {
	root   node
	routes []*Route
}

// A node is a folder, a file or both: what comes after one path. What a lookup
// reads stands together.
type node struct {
	static     map[string]*node
	parameter  *node
	middleware *endpoint // the path itself and everything below
	own        *endpoint // the path itself
	rest       *endpoint // everything below
	unfolded   *endpoint // names of which nobody knows what they fold to; nil unless case is ignored

	pattern string // "/api/[id]"; "" for the root
}

// An endpoint is a file that covers paths, resolved.
type endpoint struct {
	methods []methodRoute // those with overrides
	plain   *Route
	pattern string
	file    *File
	chain   []*File // root first, file last

	unfolded bool // it is one of [node.unfolded]
}

type methodRoute struct {
	method string
	route  *Route
}

// Lookup returns the route that covers path for method. The path is canonical
// (internal/wire/canonical): absolute, decoded once, no dot segments. One trailing
// slash is ignored; letters are matched in their case, unless a _middleware above
// states ignore_case. Then a name with a letter beyond ASCII that has case is
// refused beside static names: see [Fold]. It reports false when
// nothing covers the path, which is a refusal.
//
// It allocates nothing but for a name in upper case where case is ignored, and
// its cost depends on the depth of the path, not on
// the number of routes.
func (t *Tree) Lookup(method, path string) (*Route, bool) {
	e := t.find(path)
	if e == nil {
		return nil, false
	}
	return e.route(method), true
}

// All yields every route once, in an order that depends only on the files:
// those without method overrides and those of each method that has some.
func (t *Tree) All() iter.Seq[*Route] { return slices.Values(t.routes) }

func (t *Tree) find(path string) *endpoint {
	if path == "" || path[0] != '/' {
		return nil
	}
	return t.root.match(strings.TrimSuffix(path, "/"))
}

// match finds what covers rest, which is "" or begins with a slash, among what
// n knows. It returns nil for the caller to try elsewhere. Build bounds the
// number of nodes that it can visit.
func (n *node) match(rest string) *endpoint {
	if rest == "" {
		if n.own != nil {
			return n.own
		}
		return n.middleware
	}
	segment, after := rest[1:], ""
	if i := strings.IndexByte(segment, '/'); i >= 0 {
		segment, after = segment[:i], segment[i:]
	}
	name, ok := n.name(segment)
	if !ok { // it may be one of the names to the application
		return n.unfolded
	}
	if child := n.static[name]; child != nil {
		if e := child.match(after); e != nil {
			return e
		}
	}
	// An empty segment is nobody's id: a canonical path has none.
	if n.parameter != nil && segment != "" {
		if e := n.parameter.match(after); e != nil {
			return e
		}
	}
	if n.rest != nil {
		return n.rest
	}
	return n.middleware
}

// name returns the key of n.static for a segment, false for one of which nobody
// knows whether it is one of the names.
func (n *node) name(segment string) (name string, ok bool) {
	if n.unfolded == nil || len(n.static) == 0 {
		return segment, true
	}
	return Fold(segment)
}

func (e *endpoint) route(method string) *Route {
	for _, m := range e.methods {
		if m.method == method {
			return m.route
		}
	}
	return e.plain
}
