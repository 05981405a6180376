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
	Host   string `json:"host,omitempty"` // the entry of [Hosts] whose tree was asked, as [Route.Host]
	// Covered is false when no route covers the path; the rest is then empty.
	Covered     bool   `json:"covered"`
	Pattern     string `json:"pattern,omitempty"`
	Unspecified bool   `json:"silent"` // nothing states authenticate: refused
	Public      bool   `json:"public"`

	Chain     []Link    `json:"chain"`     // the files that apply, root first
	Effective []Setting `json:"effective"` // every key that holds, and who set it

	Route *Route `json:"-"` // nil when not covered

	unfolded bool // the path has a name of which it is unknown what it folds to
}

// A Link is one file of a chain and what it states, in the order of [Keys],
// method overrides last.
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
	for _, f := range e.chain {
		x.Chain = append(x.Chain, Link{Source: f.Source, States: f.states()})
	}
	r := resolve(e.chain, method)
	x.Effective = r.settings(func(key int) (source, method string) { return r.by[key].source, r.by[key].method })
	x.Route, x.unfolded = e.route(method), e.unfolded
	x.Covered, x.Pattern, x.Unspecified, x.Public = true, x.Route.Pattern, x.Route.Unspecified(), x.Route.Public()
	return x
}

// Explain is [Tree.Explain] of the tree for a host, which is canonical. It reports
// false when no entry covers the host.
func (h *Hosts) Explain(method, host, path string) (Explanation, bool) {
	tree, name, known := h.Lookup(host)
	if !known {
		tree = &Tree{}
	}
	x := tree.Explain(method, path)
	x.Host = name
	return x, known
}

// OfCase says what the case of letters in the path has to do with the answer, ""
// for nothing.
func (x *Explanation) OfCase() string {
	folded, ok := Fold(x.Path)
	for _, s := range x.Effective {
		if s.Key == keyIgnoreCase && s.Value == true && folded != x.Path && ok {
			return "the case of letters decides nothing here: " + s.Source + " states ignore_case"
		}
	}
	if x.unfolded {
		return "a letter of the path that is beyond ASCII has case, on which readers that ignore case disagree: ignore_case refuses it beside other names"
	}
	return ""
}

// states lists what one file says.
func (f *File) states() []Setting {
	all := f.Statement.settings(func(int) (source, method string) { return f.Source, "" })
	for _, method := range slices.Sorted(maps.Keys(f.Statement.methods)) {
		override := f.Statement.methods[method]
		all = append(all, override.settings(func(int) (string, string) { return f.Source, method })...)
	}
	return all
}

// settings lists the keys that s states, in their order.
func (s *Statement) settings(by func(key int) (source, method string)) []Setting {
	all := []Setting{}
	for i := range keys {
		if !s.states(i) {
			continue
		}
		source, method := by(i)
		keys[i].show(&s.values, func(name string, value any) {
			all = append(all, Setting{Key: name, Value: value, Source: source, Method: method})
		})
	}
	return all
}
