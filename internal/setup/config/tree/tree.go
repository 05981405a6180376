// Package tree reads the routes: of each host a tree of statements, in the
// configuration or in files of a folder, with what is needed to point into them.
package tree

import (
	"slices"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// A Tree is the tree of a host as it was read.
type Tree struct {
	Host  string         // as [policy.Host]'s Name: "" is every host that hosts does not list
	Place document.Place // of the name
	Above []File         // what the host states above all of its files
	Files []File
}

// Statements returns what the files state.
func (t *Tree) Statements() []policy.File { return statements(t.Files) }

// Stated returns what the host states above all of them.
func (t *Tree) Stated() []policy.File { return statements(t.Above) }

func statements(files []File) []policy.File {
	all := make([]policy.File, len(files))
	for i, f := range files {
		all[i] = f.File
	}
	return all
}

// A File is a statement with what is needed to point into it.
type File struct {
	policy.File
	Node  *document.Node // nil when the file does not parse
	Place document.Place // of the file, or of its name when it stands inline
}

// PlaceOf returns the place of a key of the file that a tree calls source, or of a
// host's name.
func PlaceOf(trees []Tree, source, key string) (document.Place, bool) {
	for _, t := range trees {
		for _, f := range slices.Concat(t.Above, t.Files) {
			if f.Source == source {
				return f.locate(key), true
			}
		}
		if t.Host == source {
			return t.Place, true
		}
	}
	return document.Place{}, false
}

// locate returns the place of a key of the statement: "cors.origins", "allow.2.email".
func (f *File) locate(key string) document.Place {
	at, n := f.Place, f.Node
	for name := range strings.SplitSeq(key, ".") {
		if item, err := strconv.Atoi(name); err == nil && n != nil && n.Kind == document.List && 0 < item && item <= len(n.Items) {
			n = n.Items[item-1]
			at = n.Place
			continue
		}
		i := n.Index(name)
		if i < 0 {
			break
		}
		at = n.Fields[i].Value.Place
		if n.Fields[i].Value.Kind == document.Mapping {
			at = n.Fields[i].Key.Place
		}
		n = n.Fields[i].Value
	}
	return at
}
