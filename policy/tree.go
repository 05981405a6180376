package policy

import "iter"

// A Tree answers which route covers a path. It is immutable and safe for
// concurrent use. The zero Tree covers nothing.
type Tree struct{}

// Lookup returns the route that covers path for method. The path is canonical
// (internal/canonical): absolute, decoded once, no dot segments. One trailing
// slash is ignored; letters are matched in their case. It reports false when
// nothing covers the path, which is a refusal.
//
// It allocates nothing, and its cost depends on the depth of the path, not on
// the number of routes.
func (t *Tree) Lookup(method, path string) (*Route, bool) { return nil, false }

// All yields every route once, in an order that depends only on the files:
// those without method overrides and those of each method that has some.
func (t *Tree) All() iter.Seq[*Route] { return func(func(*Route) bool) {} }
