package policy

import (
	"fmt"
	"maps"
	"slices"
)

// ignoreCase folds the static names below every folder whose nearest statement
// says so. by is that statement; nil states nothing.
func (b *builder) ignoreCase(n *node, by *File) {
	if n.middleware != nil {
		if _, stated := n.middleware.file.Statement.ignoresCase(); stated {
			by = n.middleware.file
		}
	}
	names := slices.Sorted(maps.Keys(n.static))
	if by != nil && by.Statement.values.ignoreCase {
		n.unfolded = unfolded(n, by)
		b.foldNames(n, names)
	}
	for _, name := range slices.Sorted(maps.Keys(n.static)) {
		b.ignoreCase(n.static[name], by)
	}
	if n.parameter != nil {
		b.ignoreCase(n.parameter, by)
	}
}

// foldNames puts the names below n into the spelling that a lookup asks for.
func (b *builder) foldNames(n *node, names []string) {
	folded := make(map[string]*node, len(names))
	for _, name := range names {
		child := n.static[name]
		to, ok := Fold(name)
		switch first := folded[to]; {
		case !ok:
			b.report(Problem{Source: child.source(), Detail: fmt.Sprintf("%q has a letter beyond ASCII that has case, on which readers that ignore case disagree: name it otherwise", name)})
		case first != nil:
			b.report(Problem{Source: child.source(), Other: first.source(), Detail: fmt.Sprintf("%s and %s are one where case is ignored: write them in the same way", first.pattern, child.pattern)})
		default:
			folded[to] = child
		}
	}
	n.static = folded
}

// unfolded refuses everybody below n, as a route does that states nothing.
func unfolded(n *node, by *File) *endpoint {
	f := &File{Source: by.Source}
	e := &endpoint{pattern: n.pattern + "/*", file: f, chain: []*File{f}, unfolded: true}
	e.plain = &Route{Pattern: e.pattern, Source: f.Source}
	return e
}

// source returns a file at or below n.
func (n *node) source() string {
	for _, e := range []*endpoint{n.middleware, n.own, n.rest} {
		if e != nil {
			return e.file.Source
		}
	}
	for _, name := range slices.Sorted(maps.Keys(n.static)) {
		if s := n.static[name].source(); s != "" {
			return s
		}
	}
	if n.parameter != nil {
		return n.parameter.source()
	}
	return ""
}
