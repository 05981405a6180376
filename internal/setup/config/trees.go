package config

import (
	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// readTrees reads the trees of all hosts.
func (d *decoder) readTrees(c *draft) {
	r := &tree.Reader{Reader: &d.Reader, File: d.file, Files: d.rules.routes}
	r.Key = func(name string, n *document.Node) { d.rules.elsewhere(d, name, n) }
	d.rules.folders(d, r, c.hosts, c.routes)
	d.trees = r.Read(c.hosts, c.routes)
}

// Misplaced reports problems of the trees, if err is that, where they stand.
func (r *Reading) Misplaced(err error) {
	problems, _ := err.(policy.Problems)
	for _, p := range problems {
		r.decoder.rules.misplaced(r.decoder, p)
	}
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
	d.Refuse(at, "", "%s", what)
}

// placeOf returns the place of a key of a file that a tree calls source, or of a host's
// name; else that of the configuration.
func (d *decoder) placeOf(source, key string) (document.Place, bool) {
	at, ok := tree.PlaceOf(d.trees, source, key)
	if !ok {
		at.File = d.file
	}
	return at, ok
}

// BuildRoutes makes what decides which route covers a path at a host of the files,
// as prepare, which may be nil, returns those of a tree.
func (r *Reading) BuildRoutes(prepare func([]policy.File) ([]policy.File, error)) {
	if r.Config == nil {
		return
	}
	all := make([]policy.Host, len(r.Trees))
	for i := range r.Trees {
		t := &r.Trees[i]
		files := t.Statements()
		if prepare != nil {
			var err error
			if files, err = prepare(files); err != nil {
				r.Misplaced(err)
			}
		}
		all[i] = policy.Host{Name: t.Host, Files: files, Above: append(r.above(), t.Stated()...)}
	}
	var err error
	r.Config.Hosts, err = policy.BuildHosts(all)
	r.Misplaced(err)
	r.checkFieldNames()
}

// checkFieldNames wants the fields that routes speak by to be few, and none of them to
// come from clients.
func (r *Reading) checkFieldNames() {
	names, err := r.Config.Hosts.FieldNames()
	if err != nil {
		r.Refuse(document.Whole(r.File), "use fewer names, or a gateway of its own for some hosts", "%s", err)
	}
	if names == nil || r.Root.Field("forward_headers") == nil {
		return
	}
	for _, n := range r.Root.Field("forward_headers").Items {
		if names.Covers(n.Text) {
			r.Refuse(n.Place, "remove it here, or from headers and request_headers of the routes", "routes say by field %s what no client may: it cannot be let through", n.Text)
		}
	}
}

// above is what all routes inherit.
func (r *Reading) above() []policy.File {
	if r.Store == nil {
		return nil
	}
	return []policy.File{{Source: r.File.Name(), Statement: policy.Statement{}.MaxStaleness(r.Revocation.MaxStaleness).WhenStale(r.Revocation.WhenStale)}}
}

// CheckUpstreams wants every route of the gateway to lead somewhere. A silent route
// refuses before it would matter.
func (r *Reading) CheckUpstreams() {
	if r.Config == nil || r.Proxy == nil || r.Proxy.Upstream != "" || r.Root.Find("proxy.upstream") != nil {
		return
	}
	for route := range r.Config.Hosts.All() {
		if route.Upstream != "" || route.Unspecified() {
			continue
		}
		if at, ok := r.decoder.placeOf(route.Source, ""); ok {
			r.Refuse(at, "state upstream on its chain, or proxy.upstream", "%s has no upstream: nothing above it names one, and proxy.upstream is not set", route.Label())
		}
	}
}
