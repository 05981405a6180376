package policy

import (
	"maps"
	"slices"
)

// key is a field of a Statement that is inherited.
type key uint8

const (
	keyAuthenticate key = iota
	keyPermissions
	keyIssuers
	keyAudiences
	keyFallback
	keyCORS
	keyUpstream
	keyForwardCredential
	keyAssertion
	keyMaxStaleness
	keyWhenStale
	keySameOrigin
	keyIgnoreCase
	keyCount
)

var keyNames = [keyCount]string{
	"authenticate", "permissions", "issuers", "audiences", "fallback", "cors", "upstream", "forward_credential", "assertion",
	"max_staleness", "when_stale", "same_origin", "ignore_case",
}

// A resolution is a chain laid over itself for one method.
type resolution struct {
	Statement
	by [keyCount]setter
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

var nothing []string

// resolve lays the files of a chain over each other, root first, each with its
// plain keys and then its override for method: the nearer file has the last
// word, so that nothing said of a folder loosens what one path in it asks.
func resolve(chain []*Statement, method string) *resolution {
	r := &resolution{}
	for i, s := range chain {
		r.apply(s, setter{source: s.Source, link: i})
		if o, name, ok := s.override(method); ok {
			r.apply(&o, setter{source: s.Source, method: name, link: i})
		}
	}
	r.open()
	return r
}

func (r *resolution) apply(s *Statement, by setter) {
	take(&r.Authenticate, s.Authenticate, &r.by[keyAuthenticate], by)
	take(&r.Permissions, s.Permissions, &r.by[keyPermissions], by)
	take(&r.Issuers, s.Issuers, &r.by[keyIssuers], by)
	take(&r.Audiences, s.Audiences, &r.by[keyAudiences], by)
	take(&r.Fallback, s.Fallback, &r.by[keyFallback], by)
	take(&r.CORS, s.CORS, &r.by[keyCORS], by)
	take(&r.Upstream, s.Upstream, &r.by[keyUpstream], by)
	take(&r.ForwardCredential, s.ForwardCredential, &r.by[keyForwardCredential], by)
	take(&r.Assertion, s.Assertion, &r.by[keyAssertion], by)
	take(&r.MaxStaleness, s.MaxStaleness, &r.by[keyMaxStaleness], by)
	take(&r.WhenStale, s.WhenStale, &r.by[keyWhenStale], by)
	take(&r.SameOrigin, s.SameOrigin, &r.by[keySameOrigin], by)
	take(&r.IgnoreCase, s.IgnoreCase, &r.by[keyIgnoreCase], by)
}

func take[T any](value **T, stated *T, by *setter, who setter) {
	if stated != nil {
		*value, *by = stated, who
	}
}

// A demand is a key that only makes sense of somebody known.
type demand struct {
	key   key
	value **[]string
}

func (r *resolution) demands() [3]demand {
	return [...]demand{{keyPermissions, &r.Permissions}, {keyIssuers, &r.Issuers}, {keyAudiences, &r.Audiences}}
}

func (r *resolution) public() bool { return r.Authenticate != nil && len(*r.Authenticate) == 0 }

// open lets what makes a path public lift the demands that stand further from
// the leaf, also those of a method: a health check stays public although its
// folder asks a permission of POST.
func (r *resolution) open() {
	if !r.public() {
		return
	}
	opener := r.by[keyAuthenticate]
	for _, d := range r.demands() {
		if by := &r.by[d.key]; *d.value != nil && opener.nearer(*by) {
			*d.value, *by = &nothing, opener
		}
	}
}

// contradictions reports what would leave a path open that some file asks to
// guard. Both readings are defensible, so the files have to say which is meant.
func (r *resolution) contradictions() (found []Problem) {
	if !r.public() {
		return nil
	}
	opener := r.by[keyAuthenticate]
	for _, d := range r.demands() {
		if len(or(*d.value)) > 0 {
			found = append(found, r.by[d.key].contradicts(opener, keyNames[d.key],
				`is asked of paths that "authenticate: []" makes public: state authenticate as well`))
		}
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
	return &Route{
		Pattern: e.pattern, Method: method, Source: e.statement.Source,
		Access:            r.access(),
		Authenticate:      or(r.Authenticate),
		Permissions:       or(r.Permissions),
		Issuers:           or(r.Issuers),
		Audiences:         or(r.Audiences),
		Fallback:          or(r.Fallback),
		CORS:              r.cors(),
		Upstream:          or(r.Upstream),
		ForwardCredential: or(r.ForwardCredential),
		Assertion:         or(r.Assertion),
		MaxStaleness:      or(r.MaxStaleness),
		WhenStale:         or(r.WhenStale),
		SameOrigin:        or(r.SameOrigin),
	}
}

func (r *resolution) access() Access {
	switch {
	case r.Authenticate == nil:
		return Unspecified
	case r.public():
		return Public
	}
	return Require
}

func (r *resolution) cors() *CORS {
	if r.CORS == nil || r.CORS.off() {
		return nil
	}
	return r.CORS
}

func or[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// override returns the statement's keys for method and the name under which it
// has them: HEAD is answered like GET unless it has its own.
func (s *Statement) override(method string) (o Statement, name string, ok bool) {
	if o, ok = s.Methods[method]; ok || method != "HEAD" {
		return o, method, ok
	}
	o, ok = s.Methods["GET"]
	return o, "GET", ok
}

// methodsOf returns, sorted, the methods for which a chain has overrides.
func methodsOf(chain []*Statement) []string {
	var all []string
	for _, s := range chain {
		all = slices.AppendSeq(all, maps.Keys(s.Methods))
	}
	if slices.Contains(all, "GET") {
		all = append(all, "HEAD")
	}
	slices.Sort(all)
	return slices.Compact(all)
}
