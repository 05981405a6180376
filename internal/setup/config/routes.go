package config

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// RouteExtension is that of a file of the routes folder.
const RouteExtension = ".yaml"

// A RouteFile is a statement with what is needed to point into it.
type RouteFile struct {
	policy.File
	Node  *document.Node // nil when the file does not parse
	Place document.Place // of the file, or of its name when it stands inline
}

// readRoutes reads a tree, from the folder that n names or from n itself, whose
// files are then called by their names after under.
func (d *decoder) readRoutes(n *document.Node, under string) []RouteFile {
	switch n.Kind {
	case document.Text:
		return d.routesFolder(n)
	case document.Mapping:
		return d.routesInline(n, under)
	}
	d.refuse(n.Place, "like this: routes: routes", "routes must be the name of a folder, or a mapping")
	return nil
}

// inlineRoutes reads a tree that stands in the configuration, whatever its names.
func (d *decoder) inlineRoutes(n *document.Node, under string) (all []RouteFile) {
	d.is(n, document.Mapping, "")
	for _, f := range n.Fields {
		all = append(all, d.route(under+f.Key.Text, f.Key.Text, f.Value, f.Key.Place))
	}
	return all
}

// routesInline reads a tree that stands in the configuration.
func (d *decoder) routesInline(n *document.Node, under string) []RouteFile {
	var all []RouteFile
	for _, f := range n.Fields {
		name := f.Key.Text
		if strings.HasSuffix(name, RouteExtension) {
			d.refuse(f.Key.Place, "write "+strings.TrimSuffix(name, RouteExtension), "an inline route is named without its extension")
			continue
		}
		all = append(all, d.route(under+name, name, f.Value, f.Key.Place))
	}
	if len(n.Fields) == 0 {
		d.refuse(n.Place, "like this: {_middleware: {authenticate: [bearer]}}", "there are no routes, so nothing would be let through")
	}
	return all
}

// routesFolder reads a tree of files.
func (d *decoder) routesFolder(n *document.Node) []RouteFile {
	name, ok := d.text(n, "routes")
	if !ok {
		return nil
	}
	found, faults := d.source.Routes(name, d.folders, d.errs)
	for i := range faults {
		d.ok(n.Place, &faults[i])
	}
	var all []RouteFile
	for _, f := range found {
		all = append(all, d.route(f.Source, f.Path, f.Node, f.Place))
	}
	return all
}

// route reads one statement. A nil n was reported already.
func (d *decoder) route(source, at string, n *document.Node, where document.Place) RouteFile {
	r := RouteFile{File: policy.File{Path: at, Source: source}, Node: n, Place: where}
	if n != nil {
		r.Statement = policy.Read(&value{d: d, n: n})
	}
	return r
}

// Misplaced reports problems of the trees, if err is that, where they stand.
func (r *Reading) Misplaced(err error) {
	problems, _ := err.(policy.Problems)
	for _, p := range problems {
		r.decoder.rules.misplaced(r.decoder, p)
	}
}

// placeOf returns the place of a key of the file that a tree calls source, or of a
// host's name.
func (d *decoder) placeOf(source, key string) (document.Place, bool) {
	for _, t := range d.trees {
		for _, f := range slices.Concat(t.Above, t.Files) {
			if f.Source == source {
				return f.locate(key), true
			}
		}
		if t.Host == source {
			return t.Place, true
		}
	}
	return document.Place{File: d.file}, false
}

// misplaced reports a problem of a tree at the key that it is about.
func (d *decoder) misplaced(p *policy.Problem) {
	at, _ := d.placeOf(p.Source, p.Key)
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
func (f *RouteFile) locate(key string) document.Place {
	at, n := f.Place, f.Node
	for name := range strings.SplitSeq(key, ".") {
		i := n.Index(name)
		if i < 0 {
			break
		}
		at = n.Fields[i].Value.Place
		if n.Fields[i].Value.Kind == document.Mapping {
			at = n.Fields[i].Key.Place
		}
		n = n.Fields[i].Value
	}
	return at
}
