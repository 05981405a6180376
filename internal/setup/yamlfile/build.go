package yamlfile

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"

	"github.com/edgeward/edgeward/internal/setup/document"
)

// A builder makes nodes of the parser's tree.
type builder struct {
	document *Document
	errs     *document.Errors
	depth    int
	broken   bool
}

func (b *builder) refuse(at document.Place, remedy, format string, args ...any) *document.Node {
	b.errs.Add(at, remedy, format, args...)
	b.broken = true
	return &document.Node{Place: at}
}

// node converts n. Its place is that of its token, or fallback when it has
// none, like a value that was left out.
func (b *builder) node(n ast.Node, fallback document.Place) *document.Node {
	if b.depth++; b.depth > maxDepth {
		return b.refuse(fallback, "", "nested more than %d deep", maxDepth)
	}
	defer func() { b.depth-- }()
	at := b.placeOf(n, fallback)
	switch n := n.(type) {
	case *ast.NullNode:
		return &document.Node{Kind: document.Null, Place: at}
	case *ast.BoolNode:
		return &document.Node{Kind: document.Boolean, Place: at, Text: fmt.Sprint(n.Value)}
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return &document.Node{Kind: document.Number, Place: at, Text: n.GetToken().Value}
	case *ast.StringNode:
		return &document.Node{Kind: document.Text, Place: at, Text: n.Value}
	case *ast.LiteralNode:
		return &document.Node{Kind: document.Text, Place: at, Text: n.Value.Value}
	case *ast.SequenceNode:
		return b.list(n, at)
	case *ast.MappingNode:
		return b.mapping(n.Values, n.IsFlowStyle, at)
	case *ast.MappingValueNode:
		return b.mapping([]*ast.MappingValueNode{n}, n.IsFlowStyle, at)
	}
	return b.refuse(at, "", "this kind of YAML is not supported here")
}

func (b *builder) list(n *ast.SequenceNode, at document.Place) *document.Node {
	made := &document.Node{Kind: document.List, Place: at}
	for _, value := range n.Values {
		made.Items = append(made.Items, b.node(value, at))
	}
	return made
}

// mapping converts a mapping and refuses a name that occurs twice: which of
// the two would hold is a matter of opinion.
func (b *builder) mapping(values []*ast.MappingValueNode, flow bool, at document.Place) *document.Node {
	made := &document.Node{Kind: document.Mapping, Place: at}
	seen := make(map[string]document.Place, len(values))
	for _, v := range values {
		key, ok := b.key(v.Key, at)
		if !ok {
			continue
		}
		if first, twice := seen[key.Text]; twice {
			b.refuse(key.Place, "keep one of them", "%q is here twice; first on line %d", key.Text, first.Line)
			continue
		}
		seen[key.Text] = key.Place
		made.Fields = append(made.Fields, document.Field{Key: key, Value: b.node(v.Value, key.Place)})
	}
	if !flow && len(made.Fields) > 0 {
		made.Place = made.Fields[0].Key.Place
	}
	return made
}

// key converts the name of a member.
func (b *builder) key(n ast.MapKeyNode, at document.Place) (*document.Node, bool) {
	if _, explicit := n.(*ast.MappingKeyNode); explicit {
		b.refuse(b.placeOf(n, at), `write "name: value"`, `names that start with "?" are not supported`)
		return nil, false
	}
	key := b.node(n, at)
	if key.Kind != document.Text {
		b.refuse(key.Place, "put it in quotes if it is a name", "a name must be text, not %s", key.Kind)
	}
	return key, key.Kind == document.Text
}

// placeOf returns where n begins. A mapping's own token is the colon after its
// first key, which its caller corrects.
func (b *builder) placeOf(n ast.Node, fallback document.Place) document.Place {
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
