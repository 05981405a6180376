package tree

import (
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// Extension is that of a file of the routes folder.
const Extension = ".yaml"

// A Node is a file of the routes folder.
type Node struct {
	Path   string         // in the folder, without extension
	Source string         // as messages name it
	Node   *document.Node // nil when it does not parse, which was reported
	Place  document.Place // of the file
}

// A Source is where the folders are.
type Source interface {
	// Locate returns the path of the file that the configuration calls name.
	Locate(name string) string
	// Routes returns the files of a routes folder, without those in others that lie
	// in it. What is wrong within one it adds to errs.
	Routes(folder string, others []string, errs *document.Errors) ([]Node, []document.Fault)
}

// A Reader reads trees.
type Reader struct {
	*schema.Reader
	File document.File // the configuration's
	// Files reads a tree, from the folder that n names or from n itself, whose files are
	// then called by their names after under: [Reader.Anywhere] or [Reader.Inline].
	Files func(r *Reader, n *document.Node, under string) []File
	// Key is called with each key of a statement that was read without a mistake.
	Key func(name string, n *document.Node)

	from    Source   // nil: no tree is in a folder
	folders []string // of all trees
}

// Read reads the trees of all hosts, whose sections may be nil. That of every other
// host comes last.
func (r *Reader) Read(hosts, routes *document.Node) (all []Tree) {
	if hosts != nil && r.Is(hosts, document.Mapping, "{app.example.com: {authenticate: [session], upstream: http://127.0.0.1:3000}}") {
		if len(hosts.Fields) == 0 {
			r.Refuse(hosts.Place, "leave it out, and routes are for every host", "no host is listed")
		}
		for _, f := range hosts.Fields {
			if t, ok := r.host(f); ok {
				all = append(all, t)
			}
		}
	}
	if routes != nil {
		all = append(all, Tree{Place: routes.Place, Files: r.Files(r, routes, r.File.Name()+"#")})
	}
	return all
}

// host reads a member of hosts. What it states is the _middleware of its tree,
// or stands above the files of its own routes.
func (r *Reader) host(f document.Field) (t Tree, ok bool) {
	t = Tree{Host: f.Key.Text, Place: f.Key.Place}
	if t.Host == "" { // it would be every other host
		r.Refuse(t.Place, "like this: app.example.com", "the name of a host is missing")
		return t, false
	}
	if !r.Is(f.Value, document.Mapping, "{authenticate: [session], upstream: http://127.0.0.1:3000}") {
		return t, false
	}
	var routes *document.Node
	v := &value{r: r.Reader, n: f.Value, key: r.Key, routes: &routes}
	own := File{File: policy.File{Source: r.File.Name() + "#hosts." + t.Host, Statement: policy.Read(v)}, Node: f.Value, Place: t.Place}
	if routes == nil {
		own.Path = "_middleware"
		t.Files = []File{own}
	} else {
		t.Above = []File{own}
		t.Files = r.Files(r, routes, own.Source+"/")
	}
	return t, true
}

const hostRoutes = "routes"

// In has trees be read from the folders of from too, and notes those of all trees, so
// that each file is read for one of them: one in a folder within a folder is the inner
// one's.
func (r *Reader) In(from Source, hosts, routes *document.Node) {
	r.from = from
	seen := map[string]bool{}
	note := func(n *document.Node) {
		if n == nil || n.Kind != document.Text {
			return
		}
		if at := r.from.Locate(n.Text); seen[at] {
			r.Refuse(n.Place, "give each tree a folder of its own; *.example.com is one tree for many hosts", "folder %s is that of another tree, too", n.Text)
		} else {
			seen[at] = true
			r.folders = append(r.folders, n.Text)
		}
	}
	if hosts != nil {
		for _, f := range hosts.Fields {
			note(f.Value.Field(hostRoutes))
		}
	}
	note(routes)
}

// Anywhere reads a tree, from the folder that n names or from n itself, whose
// files are then called by their names after under.
func (r *Reader) Anywhere(n *document.Node, under string) []File {
	switch n.Kind {
	case document.Text:
		return r.folder(n)
	case document.Mapping:
		return r.inline(n, under)
	}
	r.Refuse(n.Place, "like this: routes: routes", "routes must be the name of a folder, or a mapping")
	return nil
}

// Inline reads a tree that stands in the configuration, whatever its names.
func (r *Reader) Inline(n *document.Node, under string) (all []File) {
	r.Is(n, document.Mapping, "")
	for _, f := range n.Fields {
		all = append(all, r.statement(under+f.Key.Text, f.Key.Text, f.Value, f.Key.Place))
	}
	return all
}

// inline reads a tree that stands in the configuration.
func (r *Reader) inline(n *document.Node, under string) []File {
	var all []File
	for _, f := range n.Fields {
		name := f.Key.Text
		if strings.HasSuffix(name, Extension) {
			r.Refuse(f.Key.Place, "write "+strings.TrimSuffix(name, Extension), "an inline route is named without its extension")
			continue
		}
		all = append(all, r.statement(under+name, name, f.Value, f.Key.Place))
	}
	if len(n.Fields) == 0 {
		r.Refuse(n.Place, "like this: {_middleware: {authenticate: [bearer]}}", "there are no routes, so nothing would be let through")
	}
	return all
}

// folder reads a tree of files.
func (r *Reader) folder(n *document.Node) []File {
	name, ok := r.Text(n, "routes")
	if !ok {
		return nil
	}
	found, faults := r.from.Routes(name, r.folders, r.Errors)
	for i := range faults {
		r.OK(n.Place, &faults[i])
	}
	var all []File
	for _, f := range found {
		all = append(all, r.statement(f.Source, f.Path, f.Node, f.Place))
	}
	return all
}

// statement reads one statement. A nil n was reported already.
func (r *Reader) statement(source, at string, n *document.Node, where document.Place) File {
	f := File{File: policy.File{Path: at, Source: source}, Node: n, Place: where}
	if n != nil {
		f.Statement = policy.Read(&value{r: r.Reader, n: n, key: r.Key})
	}
	return f
}
