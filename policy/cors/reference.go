package cors

import (
	"slices"

	"github.com/edgeward/edgeward/policy/value"
)

// Keys returns the members that a CORS may have.
func Keys() []value.Key { return slices.Clone(reference[:]) }

var reference = [...]value.Key{
	{Name: "origins", Kind: "list of text", Absent: "none may",
		Meaning: "Exact origins, `scheme://host[:port]` in lower case. `\"*\"` alone means all origins, and only without `credentials`."},
	{Name: "methods", Kind: "list of text", Absent: "`[GET, HEAD, POST]`",
		Meaning: "Methods that a page may use."},
	{Name: "headers", Kind: "list of text", Absent: "only the safelisted ones",
		Meaning: "Request headers that a page may send."},
	{Name: "expose", Kind: "list of text", Absent: "only the safelisted ones",
		Meaning: "Response headers that a page may read."},
	{Name: "credentials", Kind: "true or false", Absent: "`false`",
		Meaning: "Whether browsers send cookies."},
	{Name: "max_age", Kind: "duration", Absent: "the browser decides",
		Meaning: "How long a browser may cache a preflight, at most 24h."},
}
