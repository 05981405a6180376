package config

import (
	"slices"
	"time"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// A value is a node as package policy reads it.
type value struct {
	d      *decoder
	n      *document.Node
	routes **document.Node // where the routes of a host go; nil: it is no host's
}

func (v *value) Text(example string) (string, bool) { return v.d.text(v.n, example) }

func (v *value) Texts(example string) (all []string, ok bool) {
	ok = v.reads(func() { all = v.d.texts(v.n, example, nil) })
	return all, ok
}

func (v *value) Bool() (on, ok bool) {
	return v.n.Text == "true", v.d.is(v.n, document.Boolean, "true")
}

func (v *value) Choice(names []string) (int, bool) {
	name, ok := v.d.choice(v.n, names)
	return slices.Index(names, name), ok
}

func (v *value) Duration(least, most time.Duration, why string) (length time.Duration, ok bool) {
	ok = v.reads(func() { length = v.d.duration(v.n, least, most, why) })
	return length, ok
}

func (v *value) Size() (bytes int64, ok bool) {
	ok = v.reads(func() { bytes = v.d.size(v.n) })
	return bytes, ok
}

func (v *value) Members(what string, names []string, read func(i int, member policy.Value)) bool {
	rows := make([]row, len(names), len(names)+1)
	for i, name := range names {
		rows[i].name = name
	}
	if v.routes != nil {
		rows, what = append(rows, row{name: hostRoutes}), "a host"
	}
	return v.d.members(rows, what, v.n, func(i int, n *document.Node) {
		if i == len(names) {
			*v.routes = n
			return
		}
		member := &value{d: v.d, n: n}
		if member.reads(func() { read(i, member) }) {
			v.d.rules.elsewhere(v.d, names[i], n)
		}
	})
}

func (v *value) Each(example string, read func(name string, member policy.Value)) bool {
	if !v.d.is(v.n, document.Mapping, example) {
		return false
	}
	for _, f := range v.n.Fields {
		read(f.Key.Text, &value{d: v.d, n: f.Value})
	}
	return true
}

// reads reports whether read finds no mistake.
func (v *value) reads(read func()) bool {
	before := v.d.errs.Len()
	read()
	return v.d.errs.Len() == before
}

// elsewhere checks what a route key asks of the rest of the file, by its name: at
// once, or it is noted for when everything is read.
func (d *decoder) elsewhere(name string, n *document.Node) {
	switch name {
	case "authenticate":
		d.askStrategies(n)
	case "issuers":
		for _, item := range n.Items {
			d.issuers = append(d.issuers, mention{item.Text, item.Place})
		}
	case "upstream":
		d.rules.upstream(d, n)
	case "assertion":
		if n.Text == "true" {
			d.assertions = append(d.assertions, n.Place)
		}
	case "max_staleness", "when_stale": // without a store there is nothing to be stale
		d.stale = append(d.stale, n.Place)
	}
}

func (d *decoder) askStrategies(n *document.Node) {
	names := make([]string, len(strategies))
	for i, s := range strategies {
		names[i] = s.name
	}
	for _, item := range n.Items {
		if _, ok := d.choice(item, names); ok {
			d.asked = append(d.asked, mention{item.Text, item.Place})
		}
	}
}
