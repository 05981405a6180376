package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An Explanation says why a request is treated as it is. Its fields print as
// JSON with stable names.
type Explanation struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	// Covered is false when no route covers the path; the rest is then empty.
	Covered     bool   `json:"covered"`
	Pattern     string `json:"pattern,omitempty"`
	Unspecified bool   `json:"silent"` // nothing states authenticate: refused
	Public      bool   `json:"public"`

	Chain     []Link    `json:"chain"`     // the files that apply, root first
	Effective []Setting `json:"effective"` // every key that holds, and who set it

	Route *Route `json:"-"` // nil when not covered
}

// A Link is one file of a chain and what it states, in the order in which
// Statement lists the keys, method overrides last.
type Link struct {
	Source string    `json:"source"`
	States []Setting `json:"states"`
}

// A Setting is one key with its value and where it comes from.
type Setting struct {
	Key    string `json:"key"`              // as in YAML; CORS is spread over "cors.origins", …
	Value  any    `json:"value"`            // a []string, a string or a bool
	Source string `json:"source,omitempty"` // the file that set it
	Method string `json:"method,omitempty"` // the method override that set it, or ""
}

// Text returns the value as YAML writes it in one line.
func (s Setting) Text() string {
	if list, ok := s.Value.([]string); ok {
		return "[" + strings.Join(list, ", ") + "]"
	}
	return fmt.Sprint(s.Value)
}

// Explain returns the chain of files that cover path for method, and for every
// key which of them set it. The path is canonical, as for [Tree.Lookup].
func (t *Tree) Explain(method, path string) Explanation {
	x := Explanation{Method: method, Path: path, Chain: []Link{}, Effective: []Setting{}}
	e := t.find(path)
	if e == nil {
		return x
	}
	for _, s := range e.chain {
		x.Chain = append(x.Chain, Link{Source: s.Source, States: s.states()})
	}
	r := resolve(e.chain, method)
	x.Effective = r.settings(func(k key) (source, method string) { return r.by[k].source, r.by[k].method })
	x.Route = e.route(method)
	x.Covered, x.Pattern, x.Unspecified, x.Public = true, x.Route.Pattern, x.Route.Unspecified(), x.Route.Public()
	return x
}

// states lists what one file says.
func (s *Statement) states() []Setting {
	all := s.settings(func(key) (source, method string) { return s.Source, "" })
	for _, method := range slices.Sorted(maps.Keys(s.Methods)) {
		override := s.Methods[method]
		all = append(all, override.settings(func(key) (string, string) { return s.Source, method })...)
	}
	return all
}

// settings lists the keys that s states, in their order.
func (s *Statement) settings(by func(key) (source, method string)) []Setting {
	all := []Setting{}
	add := func(k key, suffix string, value any) {
		source, method := by(k)
		all = append(all, Setting{Key: keyNames[k] + suffix, Value: value, Source: source, Method: method})
	}
	addList(add, keyAuthenticate, s.Authenticate)
	addList(add, keyPermissions, s.Permissions)
	addList(add, keyIssuers, s.Issuers)
	addList(add, keyAudiences, s.Audiences)
	if s.Fallback != nil {
		add(keyFallback, "", s.Fallback.String())
	}
	if s.CORS != nil {
		s.CORS.settings(func(suffix string, value any) { add(keyCORS, suffix, value) })
	}
	if s.Upstream != nil {
		add(keyUpstream, "", *s.Upstream)
	}
	if s.ForwardCredential != nil {
		add(keyForwardCredential, "", *s.ForwardCredential)
	}
	if s.Assertion != nil {
		add(keyAssertion, "", *s.Assertion)
	}
	if s.MaxStaleness != nil {
		add(keyMaxStaleness, "", s.MaxStaleness.String())
	}
	if s.WhenStale != nil {
		add(keyWhenStale, "", s.WhenStale.String())
	}
	if s.SameOrigin != nil {
		add(keySameOrigin, "", *s.SameOrigin)
	}
	if s.IgnoreCase != nil {
		add(keyIgnoreCase, "", *s.IgnoreCase)
	}
	return all
}

func addList(add func(k key, suffix string, value any), k key, value *[]string) {
	if value != nil {
		add(k, "", append([]string{}, *value...)) // [] and not null in JSON
	}
}

func (c *CORS) settings(add func(suffix string, value any)) {
	if c.off() {
		add("", "off")
		return
	}
	add(".origins", slices.Clone(c.Origins))
	add(".methods", slices.Clone(c.Methods))
	if len(c.Headers) > 0 {
		add(".headers", slices.Clone(c.Headers))
	}
	if len(c.Expose) > 0 {
		add(".expose", slices.Clone(c.Expose))
	}
	if c.Credentials {
		add(".credentials", true)
	}
	if c.MaxAge > 0 {
		add(".max_age", c.MaxAge.String())
	}
}
