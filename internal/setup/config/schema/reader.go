package schema

import (
	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// A Reader turns nodes into values and notes every mistake on the way.
type Reader struct {
	Errors *document.Errors
	// Unknown reports a key that is in no row, and returns the one that was most
	// likely meant, or "". For a file that a person writes it is [Reader.Misspelled].
	Unknown func(r *Reader, all []Row, what string, f document.Field) (meant string)
	// Nearest returns the one of valid that was most likely meant by name, or "".
	Nearest func(name string, valid []string) string
	// Secret reads the secret that n refers to. It reports false for none: after a
	// mistake, and where only the place has it that the configuration is made for.
	Secret func(n *document.Node) (edgeward.Secret, bool)
}

// Refuse notes a mistake.
func (r *Reader) Refuse(at document.Place, remedy, format string, args ...any) {
	r.Errors.Add(at, remedy, format, args...)
}

// OK notes a fault, and reports whether that is nothing.
func (r *Reader) OK(at document.Place, f *document.Fault) bool {
	if f != nil {
		r.Refuse(at, f.Remedy, "%s", f.What)
	}
	return f == nil
}

// Is notes a value of another kind than want and reports whether it fits.
func (r *Reader) Is(n *document.Node, want document.Kind, example string) bool {
	if n.Kind == want {
		return true
	}
	remedy := ""
	if example != "" {
		remedy = "like this: " + example
	}
	switch {
	case n.Kind == document.Null:
		r.Refuse(n.Place, remedy, "the value is missing; it must be %s", want)
	case want == document.Text && remedy == "" && n.Kind != document.List && n.Kind != document.Mapping:
		r.Refuse(n.Place, `put it in quotes: "`+n.Text+`"`, "this must be text, not %s", n.Kind)
	default:
		r.Refuse(n.Place, remedy, "this must be %s, not %s", want, n.Kind)
	}
	return false
}
