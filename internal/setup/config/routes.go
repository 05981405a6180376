package config

import (
	"path"
	"strings"

	"github.com/edgeward/edgeward/policy"
)

// A routeFile is a statement with what is needed to point into it.
type routeFile struct {
	policy.File
	node  *node // nil when the file does not parse
	place place // of the file, or of its name when it stands inline
}

// readRoutes reads the tree, from the folder that n names or from n itself.
func (d *decoder) readRoutes(n *node) []routeFile {
	switch n.kind {
	case text:
		return d.routesFolder(n)
	case mapping:
		return d.routesInline(n)
	}
	d.refuse(n.place, "like this: routes: routes", "routes must be the name of a folder, or a mapping")
	return nil
}

// routesInline reads a tree that stands in the configuration.
func (d *decoder) routesInline(n *node) []routeFile {
	var all []routeFile
	for _, f := range n.fields {
		name := f.key.text
		if strings.HasSuffix(name, routeExtension) {
			d.refuse(f.key.place, "write "+strings.TrimSuffix(name, routeExtension), "an inline route is named without its extension")
			continue
		}
		all = append(all, d.route(f.value.place.file.name+"#"+name, name, f.value, f.key.place))
	}
	if len(n.fields) == 0 {
		d.refuse(n.place, "like this: {_middleware: {authenticate: [bearer]}}", "there are no routes, so nothing would be let through")
	}
	return all
}

// routesFolder reads a tree of files.
func (d *decoder) routesFolder(n *node) []routeFile {
	name, ok := d.text(n, "routes")
	if !ok {
		return nil
	}
	folder := d.files.locate(name)
	found, faults := listRoutes(folder)
	d.files.touched.noteFolder(folder, found, faults)
	for _, f := range faults {
		d.refuse(n.place, f.remedy, "%s: %s", path.Join(name, f.path), f.what)
	}
	if len(found) == 0 && len(faults) == 0 {
		d.refuse(n.place, "add one: "+path.Join(name, "_middleware"+routeExtension), "folder %s holds no routes, so nothing would be let through", name)
	}
	var all []routeFile
	for i, f := range found {
		source := path.Join(name, f.path)
		if f.err != nil {
			d.refuse(n.place, "", "%s cannot be read: %v", source, f.err)
			continue
		}
		doc := parse(source, i+1, f.data, d.errs)
		all = append(all, d.route(source, strings.TrimSuffix(f.path, routeExtension), doc.root, doc.whole()))
	}
	return all
}

// route reads one statement. A nil n was reported already.
func (d *decoder) route(source, at string, n *node, where place) routeFile {
	r := routeFile{File: policy.File{Path: at, Statement: policy.Statement{Source: source}}, node: n, place: where}
	if n != nil {
		statementTable.read(d, n, &r.Statement)
	}
	return r
}

// build makes the tree and reports what policy finds where it stands.
func (d *decoder) build(files []routeFile, c *Config) *policy.Tree {
	var above []policy.Statement
	if c.Store != nil {
		above = []policy.Statement{{Source: d.config.name, MaxStaleness: &c.Revocation.MaxStaleness, WhenStale: &c.Revocation.WhenStale}}
	}
	tree, err := policy.Build(statements(files), above...)
	d.misplacedAll(files, err)
	return tree
}

// fold checks the routes for a place where the case of a path means nothing.
func (d *decoder) fold() *policy.Tree {
	folded, err := policy.Folded(statements(d.routes))
	d.misplacedAll(d.routes, err)
	d.checkShadowedRoutes(d.routes)
	if err != nil {
		return nil
	}
	tree, err := policy.Build(folded)
	if err != nil {
		return nil // as without folding, which was reported
	}
	return tree
}

func statements(files []routeFile) []policy.File {
	all := make([]policy.File, len(files))
	for i, f := range files {
		all[i] = f.File
	}
	return all
}

func (d *decoder) misplacedAll(files []routeFile, err error) {
	problems, _ := err.(policy.Problems)
	for _, p := range problems {
		d.misplaced(files, p)
	}
}

// misplaced reports a problem of the tree at the key that it is about.
func (d *decoder) misplaced(files []routeFile, p *policy.Problem) {
	at := place{file: d.config}
	for _, f := range files {
		if f.Statement.Source == p.Source {
			at = f.locate(p.Key)
		}
	}
	what := p.Detail
	if p.Key != "" {
		what = p.Key + ": " + what
	}
	if p.Other != "" {
		what += " (see " + p.Other + ")"
	}
	d.refuse(at, "", "%s", what)
}

// locate returns the place of a key of the statement: "cors.origins".
func (f *routeFile) locate(key string) place {
	at, n := f.place, f.node
	for name := range strings.SplitSeq(key, ".") {
		i := n.index(name)
		if i < 0 {
			break
		}
		at = n.fields[i].value.place
		if n.fields[i].value.kind == mapping {
			at = n.fields[i].key.place
		}
		n = n.fields[i].value
	}
	return at
}
