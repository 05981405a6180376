// Package schema reads the mappings of a configuration by tables: which keys there
// are, of what kind, and what reads each. Every mistake is noted with its place and
// remedy, and what could not be read keeps its zero value, which the caller never
// uses: with a mistake noted, nothing is built.
package schema

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
)

// A Table is what is known of one mapping: a Worker's is read by it as a gateway's.
// It is for pointers, all of which share one compiled reader, and it is
// made without code, which would link whatever it names into a Worker's module. What
// docs/configuration.md says of its keys stands beside the test that prints it.
type Table[D, P any] struct {
	Name    string // of the mapping, as messages say it: "an issuer"
	Example string // of one, where something shorter is easily written in its place
	Keys    []Key[D, P]
}

// A Key is one member of a mapping.
type Key[D, P any] struct {
	Name     string
	Kind     string // "text", "list of text", "duration"
	Required bool
	Unless   string // a key beside which it is not required
	Secret   bool   // its value is never shown
	Read     func(d D, n *document.Node, into P)
}

// A Row is a key without its type.
type Row struct {
	Name, Kind, Unless string
	Required, Secret   bool
}

// Rows returns the keys.
func (t *Table[D, P]) Rows() []Row {
	all := make([]Row, len(t.Keys))
	for i := range t.Keys {
		k := &t.Keys[i]
		all[i] = Row{k.Name, k.Kind, k.Unless, k.Required, k.Secret}
	}
	return all
}

// Read reads the mapping n into into by r, and by d, which may hold more than r. It
// reports whether n is a mapping at all. (If d's methods gave r, the names of all its
// methods would be in a Worker's module.)
func (t *Table[D, P]) Read(r *Reader, d D, n *document.Node, into P) bool {
	if t.Example != "" && !r.Is(n, document.Mapping, t.Example) {
		return false
	}
	return r.Members(t.Rows(), t.Name, n, func(i int, value *document.Node) { t.Keys[i].Read(d, value, into) })
}

// ReadInto is Read that returns what it has read into, and zero when n is no mapping.
func (t *Table[D, P]) ReadInto(r *Reader, d D, n *document.Node, into P) (read P) {
	if t.Read(r, d, n, into) {
		return into
	}
	return read
}

// Index is a loop, since slices.IndexFunc would be compiled for rows alone. It returns
// the index of a key, -1 where there is none.
func Index(all []Row, name string) int {
	for i := range all {
		if all[i].Name == name {
			return i
		}
	}
	return -1
}

// Names returns those of the keys.
func Names(all []Row) []string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return names
}

// Members has read read the members of the mapping n, which messages call what. It
// reports whether n is a mapping at all.
func (r *Reader) Members(all []Row, what string, n *document.Node, read func(i int, value *document.Node)) bool {
	if n.Kind != document.Mapping {
		r.Refuse(n.Place, keysOf(what, all), "%s must be a mapping, not %s", what, n.Kind)
		return false
	}
	var meant []string // by misspelled keys: one mistake, one message
	for _, f := range n.Fields {
		i := Index(all, f.Key.Text)
		if i < 0 {
			meant = append(meant, r.Unknown(r, all, what, f))
			continue
		}
		read(i, f.Value)
	}
	for _, k := range all {
		if k.Required && n.Field(k.Name) == nil && !slices.Contains(meant, k.Name) && (k.Unless == "" || n.Field(k.Unless) == nil && !slices.Contains(meant, k.Unless)) {
			r.Refuse(n.Place, "add "+k.Name+": <"+k.Kind+">", "%s needs %q", what, k.Name)
		}
	}
	return true
}

func keysOf(what string, all []Row) string { return what + " has: " + strings.Join(Names(all), ", ") }
