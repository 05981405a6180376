package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// maxVisits bounds the nodes that one lookup can visit. Ordinary trees stay
// within twice their depth; a static name beside [id] on level after level
// doubles it each time.
const maxVisits = 256

// Build checks files and makes a tree of them. It reports everything that is
// wrong at once, as [Problems]. It keeps no reference to files.
//
// What above states stands over all of them, first of every chain, as defaults
// of the whole tree do. It covers no path, its own neither.
func Build(files []File, above ...File) (*Tree, error) {
	tree, problems := build("", files, above)
	if len(problems) > 0 {
		return nil, problems
	}
	return tree, nil
}

// build is Build of the tree of a host.
func build(host string, files, above []File) (*Tree, Problems) {
	b := builder{host: host}
	for i := range above {
		b.above = append(b.above, b.sealed(&above[i]))
	}
	for _, f := range inOrder(files) {
		b.add(&f)
	}
	var by *File
	for _, f := range b.above {
		if _, stated := f.Statement.ignoresCase(); stated {
			by = f
		}
	}
	b.ignoreCase(&b.tree.root, by)
	b.resolve(&b.tree.root, b.above)
	if n := visits(&b.tree.root); n > maxVisits {
		b.report(Problem{Source: "routes", Detail: fmt.Sprintf("a lookup could visit %d folders (at most %d): fewer names beside [parameters], or a _middleware among them", n, maxVisits)})
	}
	return &b.tree, b.problems
}

// inOrder returns files in the order of their paths, and of their sources. It
// sorts texts, which a Worker does anyway: to sort files would make its module 3
// kB larger, gzipped.
func inOrder(files []File) []File {
	texts := make([]string, len(files))
	for i, f := range files {
		texts[i] = f.Path + "\x00" + f.Source + "\x00" + strconv.Itoa(i)
	}
	slices.Sort(texts)
	all := make([]File, len(files))
	for i, text := range texts {
		at, _ := strconv.Atoi(text[strings.LastIndexByte(text, 0)+1:])
		all[i] = files[at]
	}
	return all
}

type builder struct {
	tree     Tree
	host     string
	above    []*File
	problems Problems
	seen     map[Problem]bool // a contradiction shows again in every file below it
}

func (b *builder) report(p Problem) {
	if b.seen[p] {
		return
	}
	if b.seen == nil {
		b.seen = map[Problem]bool{}
	}
	b.seen[p] = true
	b.problems = append(b.problems, &p)
}

// add puts one file at its place.
func (b *builder) add(f *File) {
	s := b.sealed(f)
	names := strings.Split(f.Path, "/")
	n, ok := b.folder(s.Source, names[:len(names)-1])
	if !ok {
		return
	}
	b.place(n, names[len(names)-1], s)
}

// sealed returns a copy of f that nobody outside can change, ready for use.
func (b *builder) sealed(f *File) *File {
	c := &File{Source: f.source(), Statement: f.Statement}
	c.Statement.seal(func(key, detail string) {
		b.report(Problem{Source: c.Source, Key: key, Detail: detail})
	})
	return c
}

func (f *File) source() string { return cmp.Or(f.Source, f.Path) }

// folder walks to the node of a folder and makes it where it is missing.
func (b *builder) folder(source string, names []string) (n *node, ok bool) {
	n = &b.tree.root
	for _, name := range names {
		k, detail := parseName(name, false)
		if detail != "" {
			b.report(Problem{Source: source, Detail: detail})
			return nil, false
		}
		if n = b.child(n, k, name, source); n == nil {
			return nil, false
		}
	}
	return n, true
}

// place puts s into the folder n under the file's own name.
func (b *builder) place(n *node, name string, s *File) {
	k, detail := parseName(name, true)
	if detail != "" {
		b.report(Problem{Source: s.Source, Detail: detail})
		return
	}
	if k != middlewareName {
		s.Statement.statesOfFolder(func(key string) {
			b.report(Problem{Source: s.Source, Key: key, Detail: "it holds for the names below a folder: state it in the folder's _middleware"})
		})
	}
	switch k {
	case middlewareName:
		b.fill(&n.middleware, n.pattern+"/*", s)
	case restName:
		b.fill(&n.rest, n.pattern+"/"+name, s)
	case indexName:
		b.fill(&n.own, cmp.Or(n.pattern, "/"), s)
	default:
		if child := b.child(n, k, name, s.Source); child != nil {
			b.fill(&child.own, child.pattern, s)
		}
	}
}

func (b *builder) fill(slot **endpoint, pattern string, s *File) {
	if *slot != nil {
		first := (*slot).file.Source
		b.report(Problem{Source: s.Source, Other: first, Detail: fmt.Sprintf("both cover %s: keep one of them", (*slot).pattern)})
		return
	}
	*slot = &endpoint{pattern: pattern, file: s}
}

// child returns the node below n for a static name or a parameter. It is nil
// after a conflict.
func (b *builder) child(n *node, k kind, name, source string) *node {
	if k == parameterName {
		return n.anyName(name)
	}
	c := n.static[name]
	if c == nil {
		c = &node{pattern: n.pattern + "/" + name}
		if n.static == nil {
			n.static = map[string]*node{}
		}
		n.static[name] = c
	}
	return c
}

// anyName returns the node for any one segment below n. Its name means nothing:
// [id] and [name] are the same place, under the name that comes first.
func (n *node) anyName(name string) *node {
	if n.parameter == nil {
		n.parameter = &node{pattern: n.pattern + "/" + name}
	}
	return n.parameter
}

// resolve computes the routes of n and everything below. The chain holds the
// _middleware files above n.
func (b *builder) resolve(n *node, chain []*File) {
	if n.middleware != nil {
		b.finish(n.middleware, chain)
		chain = n.middleware.chain
	}
	if n.own != nil {
		b.finish(n.own, chain)
	}
	for _, name := range slices.Sorted(maps.Keys(n.static)) {
		b.resolve(n.static[name], chain)
	}
	if n.parameter != nil {
		b.resolve(n.parameter, chain)
	}
	if n.rest != nil {
		b.finish(n.rest, chain)
	}
}

func (b *builder) finish(e *endpoint, above []*File) {
	e.chain = append(slices.Clip(above), e.file)
	e.plain = b.route(e, "")
	for _, method := range methodsOf(e.chain) {
		e.methods = append(e.methods, methodRoute{method, b.route(e, method)})
	}
}

func (b *builder) route(e *endpoint, method string) *Route {
	r := resolve(e.chain, method)
	for _, p := range r.contradictions() {
		b.report(p)
	}
	route := r.route(e, method)
	route.Host = b.host
	b.tree.routes = append(b.tree.routes, route)
	return route
}

// visits returns the most nodes that a lookup below n can visit, n included.
func visits(n *node) int {
	parameter := 0
	if n.parameter != nil {
		parameter = visits(n.parameter)
	}
	most := parameter
	for _, child := range n.static {
		v := visits(child)
		if child.middleware == nil { // else it never sends a lookup back
			v += parameter
		}
		most = max(most, v)
	}
	return 1 + most
}
