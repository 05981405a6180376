// Package document is what a configuration is read from, whatever it is written
// in: nodes with their places, and a report of every mistake. It knows nothing
// of Edgeward.
package document

import (
	"strings"
)

// A Kind is what a value is.
type Kind int

// The kinds.
const (
	Null Kind = iota
	Boolean
	Number
	Text
	List
	Mapping
)

// String names the kind for messages, with its article.
func (k Kind) String() string {
	return [...]string{"nothing", "true or false", "a number", "text", "a list", "a mapping"}[k]
}

// A Node is a value with its place.
type Node struct {
	Kind   Kind
	Place  Place
	Text   string  // of a scalar, as it was meant: "true", "12", the text
	Items  []*Node // of a list
	Fields []Field // of a mapping, in the order of the file
}

// A Field is a member of a mapping.
type Field struct{ Key, Value *Node }

// Index returns which member is called name, -1 for none; n may be nil.
func (n *Node) Index(name string) int {
	if n == nil {
		return -1
	}
	for i := range n.Fields {
		if n.Fields[i].Key.Text == name {
			return i
		}
	}
	return -1
}

// Field returns the value of the member called name, or nil; n may be nil.
func (n *Node) Field(name string) *Node {
	if i := n.Index(name); i >= 0 {
		return n.Fields[i].Value
	}
	return nil
}

// Find returns the value at a dotted path of names, or nil.
func (n *Node) Find(path string) *Node {
	for name := range strings.SplitSeq(path, ".") {
		n = n.Field(name)
	}
	return n
}
