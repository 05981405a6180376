package document

import (
	"fmt"

	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// A path is the place of a value in JSON that a program wrote: it has no
// lines to show.
type path string

func (p path) Name() string              { return string(p) }
func (p path) Order() int                { return 0 }
func (p path) Masked(int) (string, bool) { return "", false }

// ParseJSON reads an object of at most so many members, all objects in it
// together. Places are paths: "name: issuers[0].secret".
func ParseJSON(name string, data []byte, members int) (*Node, error) {
	top, err := strictjson.ObjectUpTo(data, members)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	n := newNode(path(name), Mapping)
	n.addMembers(top, name+": ")
	return n, nil
}

func newNode(at path, k Kind) *Node { return &Node{Kind: k, Place: Whole(at)} }

func (n *Node) addMembers(members strictjson.Members, prefix string) {
	n.Fields = make([]Field, len(members))
	for i, m := range members {
		at := path(prefix + m.Name)
		key := newNode(at, Text)
		key.Text = m.Name
		n.Fields[i] = Field{key, nodeOf(m.Value, at)}
	}
}

func nodeOf(v strictjson.Value, at path) *Node {
	n := newNode(at, Null)
	switch v.Kind() {
	case strictjson.KindBool:
		n.Kind, n.Text = Boolean, v.Raw()
	case strictjson.KindNumber:
		n.Kind, n.Text = Number, v.Raw()
	case strictjson.KindString:
		n.Kind = Text
		n.Text, _ = v.String()
	case strictjson.KindArray:
		n.Kind = List
		items, _ := v.Array()
		for i, item := range items {
			n.Items = append(n.Items, nodeOf(item, path(fmt.Sprintf("%s[%d]", at, i))))
		}
	case strictjson.KindObject:
		n.Kind = Mapping
		members, _ := v.Object()
		n.addMembers(members, string(at)+".")
	}
	return n
}
