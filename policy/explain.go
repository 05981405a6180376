package policy

// An Explanation says why a request is treated as it is. Its fields print as
// JSON with stable names.
type Explanation struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	// Covered is false when no route covers the path; the rest is then empty.
	Covered bool   `json:"covered"`
	Pattern string `json:"pattern,omitempty"`
	Silent  bool   `json:"silent"` // nothing states authenticate: refused
	Public  bool   `json:"public"`

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

// Explain returns the chain of files that cover path for method, and for every
// key which of them set it. The path is canonical, as for [Tree.Lookup].
func (t *Tree) Explain(method, path string) Explanation {
	return Explanation{Method: method, Path: path}
}
