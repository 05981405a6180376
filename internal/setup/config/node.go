package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A kind is what a YAML value is.
type kind int

const (
	null kind = iota
	boolean
	number
	text
	list
	mapping
)

// String names the kind for messages, with its article.
func (k kind) String() string {
	return [...]string{"nothing", "true or false", "a number", "text", "a list", "a mapping"}[k]
}

// A node is a value with its place. It is what the decoder sees of YAML.
type node struct {
	kind   kind
	place  place
	text   string  // of a scalar, as it was meant: "true", "12", the text
	items  []*node // of a list
	fields []field // of a mapping, in the order of the file
}

// A field is a member of a mapping.
type field struct{ key, value *node }

// index returns which member is called name, -1 for none; n may be nil.
func (n *node) index(name string) int {
	if n == nil {
		return -1
	}
	return slices.IndexFunc(n.fields, func(f field) bool { return f.key.text == name })
}

// field returns the value of the member called name, or nil; n may be nil.
func (n *node) field(name string) *node {
	if i := n.index(name); i >= 0 {
		return n.fields[i].value
	}
	return nil
}

// find returns the value at a dotted path of names, or nil.
func (n *node) find(path string) *node {
	for name := range strings.SplitSeq(path, ".") {
		n = n.field(name)
	}
	return n
}

// A builder makes nodes of the parser's tree.
type builder struct {
	document *document
	errs     *Errors
	depth    int
	broken   bool
}

func (b *builder) refuse(at place, remedy, format string, args ...any) *node {
	b.errs.add(at, remedy, format, args...)
	b.broken = true
	return &node{place: at}
}

// node converts n. Its place is that of its token, or fallback when it has
// none, like a value that was left out.
func (b *builder) node(n ast.Node, fallback place) *node {
	if b.depth++; b.depth > maxDepth {
		return b.refuse(fallback, "", "nested more than %d deep", maxDepth)
	}
	defer func() { b.depth-- }()
	at := b.placeOf(n, fallback)
	switch n := n.(type) {
	case *ast.NullNode:
		return &node{kind: null, place: at}
	case *ast.BoolNode:
		return &node{kind: boolean, place: at, text: fmt.Sprint(n.Value)}
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return &node{kind: number, place: at, text: n.GetToken().Value}
	case *ast.StringNode:
		return &node{kind: text, place: at, text: n.Value}
	case *ast.LiteralNode:
		return &node{kind: text, place: at, text: n.Value.Value}
	case *ast.SequenceNode:
		return b.list(n, at)
	case *ast.MappingNode:
		return b.mapping(n.Values, n.IsFlowStyle, at)
	case *ast.MappingValueNode:
		return b.mapping([]*ast.MappingValueNode{n}, n.IsFlowStyle, at)
	}
	return b.refuse(at, "", "this kind of YAML is not supported here")
}

func (b *builder) list(n *ast.SequenceNode, at place) *node {
	made := &node{kind: list, place: at}
	for _, value := range n.Values {
		made.items = append(made.items, b.node(value, at))
	}
	return made
}

// mapping converts a mapping and refuses a name that occurs twice: which of
// the two would hold is a matter of opinion.
func (b *builder) mapping(values []*ast.MappingValueNode, flow bool, at place) *node {
	made := &node{kind: mapping, place: at}
	seen := make(map[string]place, len(values))
	for _, v := range values {
		key, ok := b.key(v.Key, at)
		if !ok {
			continue
		}
		if first, twice := seen[key.text]; twice {
			b.refuse(key.place, "keep one of them", "%q is here twice; first on line %d", key.text, first.line)
			continue
		}
		seen[key.text] = key.place
		made.fields = append(made.fields, field{key, b.node(v.Value, key.place)})
	}
	if !flow && len(made.fields) > 0 {
		made.place = made.fields[0].key.place
	}
	return made
}

// key converts the name of a member.
func (b *builder) key(n ast.MapKeyNode, at place) (*node, bool) {
	if _, explicit := n.(*ast.MappingKeyNode); explicit {
		b.refuse(b.placeOf(n, at), `write "name: value"`, `names that start with "?" are not supported`)
		return nil, false
	}
	key := b.node(n, at)
	if key.kind != text {
		b.refuse(key.place, "put it in quotes if it is a name", "a name must be text, not %s", key.kind)
	}
	return key, key.kind == text
}

// placeOf returns where n begins. A mapping's own token is the colon after its
// first key, which its caller corrects.
func (b *builder) placeOf(n ast.Node, fallback place) place {
	t := n.GetToken()
	if t == nil || t.Position == nil || t.Position.Line < 1 || t.Position.Line > len(b.document.lines) {
		return fallback
	}
	line, column := t.Position.Line, max(t.Position.Column, 1)
	if _, isNull := n.(*ast.NullNode); isNull && !b.document.holds(line, column, t.Value) {
		return fallback // the value was left out
	}
	return b.document.at(line, column, b.document.widthOf(line, column, t.Value))
}
