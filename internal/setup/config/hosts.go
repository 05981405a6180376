package config

import (
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// A RouteTree is the tree of a host as it was read.
type RouteTree struct {
	Host  string         // as [policy.Host]'s Name: "" is every host that hosts does not list
	Place document.Place // of the name
	Above []RouteFile    // what the host states above all of its files
	Files []RouteFile
}

// Statements returns what the files state.
func (t *RouteTree) Statements() []policy.File { return statements(t.Files) }

// Stated returns what the host states above all of them.
func (t *RouteTree) Stated() []policy.File { return statements(t.Above) }

func statements(files []RouteFile) []policy.File {
	all := make([]policy.File, len(files))
	for i, f := range files {
		all[i] = f.File
	}
	return all
}

// readTrees reads the trees of all hosts. That of every other host comes last.
func (d *decoder) readTrees(c *draft) {
	d.rules.folders(d, c)
	if c.hosts != nil && d.is(c.hosts, document.Mapping, "{app.example.com: {authenticate: [session], upstream: http://127.0.0.1:3000}}") {
		if len(c.hosts.Fields) == 0 {
			d.refuse(c.hosts.Place, "leave it out, and routes are for every host", "no host is listed")
		}
		for _, f := range c.hosts.Fields {
			d.readHost(f)
		}
	}
	if c.routes != nil {
		d.trees = append(d.trees, RouteTree{Place: c.routes.Place, Files: d.rules.routes(d, c.routes, d.file.Name()+"#")})
	}
}

// readHost reads a member of hosts. What it states is the _middleware of its tree,
// or stands above the files of its own routes.
func (d *decoder) readHost(f document.Field) {
	t := RouteTree{Host: f.Key.Text, Place: f.Key.Place}
	if t.Host == "" { // it would be every other host
		d.refuse(t.Place, "like this: app.example.com", "the name of a host is missing")
		return
	}
	if !d.is(f.Value, document.Mapping, "{authenticate: [session], upstream: http://127.0.0.1:3000}") {
		return
	}
	var routes *document.Node
	v := &value{d: d, n: f.Value, routes: &routes}
	own := RouteFile{File: policy.File{Source: d.file.Name() + "#hosts." + t.Host, Statement: policy.Read(v)}, Node: f.Value, Place: t.Place}
	if routes == nil {
		own.Path = "_middleware"
		t.Files = []RouteFile{own}
	} else {
		t.Above = []RouteFile{own}
		t.Files = d.rules.routes(d, routes, own.Source+"/")
	}
	d.trees = append(d.trees, t)
}

const hostRoutes = "routes"

// noteFolders notes the folders of all trees, so that each file is read for one of
// them: one in a folder within a folder is the inner one's.
func (d *decoder) noteFolders(c *draft) {
	seen := map[string]bool{}
	note := func(n *document.Node) {
		if n == nil || n.Kind != document.Text {
			return
		}
		if at := d.source.Locate(n.Text); seen[at] {
			d.refuse(n.Place, "give each tree a folder of its own; *.example.com is one tree for many hosts", "folder %s is that of another tree, too", n.Text)
		} else {
			seen[at] = true
			d.folders = append(d.folders, n.Text)
		}
	}
	if c.hosts != nil {
		for _, f := range c.hosts.Fields {
			note(f.Value.Field(hostRoutes))
		}
	}
	note(c.routes)
}
