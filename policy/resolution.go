package policy

import (
	"maps"
	"slices"
)

// A resolution is a chain laid over itself for one method.
type resolution struct {
	Statement
	by [len(keys)]setter
}

// A setter says which statement gave a key its value.
type setter struct {
	source string
	method string // of the override, or ""
	link   int    // index in the chain
}

// nearer reports whether by stands nearer the leaf than other, or in the same
// file as an override of other.
func (by setter) nearer(other setter) bool {
	return by.link > other.link || by.link == other.link && by.method != "" && other.method == ""
}

// resolve lays the files of a chain over each other, root first, each with its
// plain keys and then its override for method: the nearer file has the last
// word, so that nothing said of a folder loosens what one path in it asks.
func resolve(chain []*File, method string) *resolution {
	r := &resolution{}
	for i, f := range chain {
		r.apply(&f.Statement, setter{source: f.Source, link: i})
		if o, name, ok := f.Statement.override(method); ok {
			r.apply(&o, setter{source: f.Source, method: name, link: i})
		}
	}
	r.open()
	return r
}

func (r *resolution) apply(s *Statement, by setter) {
	for i := range keys {
		if s.states(i) {
			keys[i].lay(&r.values, &s.values)
			r.by[i] = by
		}
	}
	r.stated |= s.stated
}

// open lets what makes a path public lift the demands that stand further from
// the leaf, also those of a method: a health check stays public although its
// folder asks a permission of POST. Where nothing is asked of anybody, nothing is left
// for public_networks to lift.
func (r *resolution) open() {
	opener := r.by[0]
	for i := range keys {
		if r.values.Public() && (keys[i].demand() || keys[i].asks == noProof) && r.states(i) && opener.nearer(r.by[i]) {
			keys[i].lay(&r.values, &Route{})
			r.by[i] = opener
		}
	}
}

// contradictions reports what would leave a path open that some file asks to
// guard. Both readings are defensible, so the files have to say which is meant.
func (r *resolution) contradictions() (found []Problem) {
	opener := r.by[index(keyPublicNetworks)]
	for i := range keys {
		asks := keys[i].demand() && !keys[i].equal(&r.values, &Route{})
		switch {
		case asks && r.values.Public():
			found = append(found, r.by[i].contradicts(r.by[0], keys[i].name,
				`is asked of paths that "authenticate: []" makes public: state authenticate as well`))
		case (asks || keys[i].asks == proof) && !r.values.PublicNetworks.Empty() && !r.values.Public() && r.by[i].nearer(opener):
			found = append(found, r.by[i].contradicts(opener, keys[i].name,
				"is asked of paths that public_networks opens to some clients: state public_networks as well, or [] for none"))
		}
	}
	if name := r.values.RequestHeaders.Overlap(&r.values.Headers); name != "" {
		found = append(found, r.by[index("request_headers")].contradicts(r.by[index("headers")], "request_headers", name+" names the user by headers: it cannot be edited as well"))
	}
	return found
}

func (by setter) contradicts(opener setter, name, detail string) Problem {
	p := Problem{Source: by.source, Key: name, Detail: detail}
	if by.method != "" {
		p.Key = "methods." + by.method + "." + name
	}
	if opener.source != by.source {
		p.Other = opener.source
	}
	return p
}

func (r *resolution) route(e *endpoint, method string) *Route {
	route := r.values
	route.Pattern, route.Method, route.Source = e.pattern, method, e.file.Source
	route.Forwarding.IgnoreCase = route.ignoreCase
	route.Forwarding.Request, route.Forwarding.Response = route.RequestHeaders.Made(), route.ResponseHeaders.Made()
	if edit := &route.Forwarding.Request; route.Authorization.Replaces() {
		edit.Remove = append(slices.Clip(edit.Remove), "Authorization")
	}
	if route.CORS != nil && route.CORS.Off() {
		route.CORS = nil
	}
	return &route
}

// override returns the statement's keys for method and the name under which it
// has them: HEAD is answered like GET unless it has its own.
func (s *Statement) override(method string) (o Statement, name string, ok bool) {
	if o, ok = s.methods[method]; ok || method != "HEAD" {
		return o, method, ok
	}
	o, ok = s.methods["GET"]
	return o, "GET", ok
}

// methodsOf returns, sorted, the methods for which a chain has overrides.
func methodsOf(chain []*File) []string {
	var all []string
	for _, f := range chain {
		all = slices.AppendSeq(all, maps.Keys(f.Statement.methods))
	}
	if slices.Contains(all, "GET") {
		all = append(all, "HEAD")
	}
	slices.Sort(all)
	return slices.Compact(all)
}
