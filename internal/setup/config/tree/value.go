package tree

import (
	"slices"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
	policyvalue "github.com/edgeward/edgeward/policy/value"
)

// A value is a node as package policy reads it.
type value struct {
	r      *schema.Reader
	n      *document.Node
	key    func(name string, n *document.Node) // as [Reader]'s
	routes **document.Node                     // where the routes of a host go; nil: it is no host's
}

// Value returns a node of no route, as package policy reads it.
func Value(r *schema.Reader, n *document.Node) policy.Value {
	return &value{r: r, n: n, key: func(string, *document.Node) {}}
}

func (v *value) Text(example string) (string, bool) { return v.r.Text(v.n, example) }

func (v *value) Texts(example string) (all []string, ok bool) {
	ok = v.reads(func() { all = v.r.Texts(v.n, example, nil) })
	return all, ok
}

func (v *value) Bool() (on, ok bool) {
	return v.n.Text == "true", v.r.Is(v.n, document.Boolean, "true")
}

func (v *value) Choice(names []string) (int, bool) {
	name, ok := v.r.Choice(v.n, names)
	return slices.Index(names, name), ok
}

func (v *value) Duration(least, most time.Duration, why string) (length time.Duration, ok bool) {
	ok = v.reads(func() { length = v.r.Duration(v.n, least, most, why) })
	return length, ok
}

func (v *value) Shape() policyvalue.Shape {
	switch v.n.Kind {
	case document.Text:
		return policyvalue.Text
	case document.List:
		return policyvalue.List
	case document.Mapping:
		return policyvalue.Mapping
	}
	return policyvalue.Other
}

func (v *value) Secret() (secret edgeward.Secret, ok bool) {
	ok = v.reads(func() { secret, _ = v.r.Secret(v.n) })
	return secret, ok
}

func (v *value) Items(example string, read func(member policy.Value)) bool {
	if !v.r.Is(v.n, document.List, example) {
		return false
	}
	for _, n := range v.n.Items {
		read(&value{r: v.r, n: n, key: v.key})
	}
	return true
}

func (v *value) Size() (bytes int64, ok bool) {
	ok = v.reads(func() { bytes = v.r.Size(v.n) })
	return bytes, ok
}

func (v *value) Members(what string, names []string, read func(i int, member policy.Value)) bool {
	rows := make([]schema.Row, len(names), len(names)+1)
	for i, name := range names {
		rows[i].Name = name
	}
	if v.routes != nil {
		rows, what = append(rows, schema.Row{Name: hostRoutes}), "a host"
	}
	return v.r.Members(rows, what, v.n, func(i int, n *document.Node) {
		if i == len(names) {
			*v.routes = n
			return
		}
		member := &value{r: v.r, n: n, key: v.key}
		if member.reads(func() { read(i, member) }) {
			v.key(names[i], n)
		}
	})
}

func (v *value) Each(example string, read func(name string, member policy.Value)) bool {
	if !v.r.Is(v.n, document.Mapping, example) {
		return false
	}
	for _, f := range v.n.Fields {
		read(f.Key.Text, &value{r: v.r, n: f.Value, key: v.key})
	}
	return true
}

// reads reports whether read finds no mistake.
func (v *value) reads(read func()) bool {
	before := v.r.Errors.Len()
	read()
	return v.r.Errors.Len() == before
}
