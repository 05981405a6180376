package config

import (
	"slices"
	"time"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// A value is a node as package policy reads it.
type value struct {
	d *decoder
	n *document.Node
}

func (v value) Text(example string) (string, bool) { return v.d.text(v.n, example) }

func (v value) Texts(example string) (all []string, ok bool) {
	ok = v.reads(func() { all = v.d.texts(v.n, example, nil) })
	return all, ok
}

func (v value) Bool() (on, ok bool) { return v.n.Text == "true", v.d.is(v.n, document.Boolean, "true") }

func (v value) Choice(names []string) (int, bool) {
	name, ok := v.d.choice(v.n, names)
	return slices.Index(names, name), ok
}

func (v value) Duration(least, most time.Duration, why string) (length time.Duration, ok bool) {
	ok = v.reads(func() { length = v.d.duration(v.n, least, most, why) })
	return length, ok
}

func (v value) Members(what string, names []string, read func(i int, member policy.Value)) bool {
	t := table[struct{}]{name: what}
	for i, name := range names {
		t.keys = append(t.keys, key[struct{}]{name: name, read: func(d *decoder, n *document.Node, _ *struct{}) {
			member := value{d, n}
			if fine := member.reads(func() { read(i, member) }); fine && elsewhere[name] != nil {
				elsewhere[name](d, n)
			}
		}})
	}
	return t.read(v.d, v.n, nil)
}

func (v value) Each(example string, read func(name string, member policy.Value)) bool {
	if !v.d.is(v.n, document.Mapping, example) {
		return false
	}
	for _, f := range v.n.Fields {
		read(f.Key.Text, value{v.d, f.Value})
	}
	return true
}

// reads reports whether read finds no mistake.
func (v value) reads(read func()) bool {
	before := v.d.errs.Len()
	read()
	return v.d.errs.Len() == before
}

// elsewhere is what a route key asks of the rest of the file, by its name: it is
// checked at once, or noted for when everything is read.
var elsewhere = map[string]func(d *decoder, n *document.Node){
	"authenticate": func(d *decoder, n *document.Node) {
		names := make([]string, len(strategies))
		for i, s := range strategies {
			names[i] = s.name
		}
		for _, item := range n.Items {
			if _, ok := d.choice(item, names); ok {
				d.asked = append(d.asked, mention{item.Text, item.Place})
			}
		}
	},
	"issuers": func(d *decoder, n *document.Node) {
		for _, item := range n.Items {
			d.issuers = append(d.issuers, mention{item.Text, item.Place})
		}
	},
	"upstream": func(d *decoder, n *document.Node) { d.upstream(n) },
	"assertion": func(d *decoder, n *document.Node) {
		if n.Text == "true" {
			d.assertions = append(d.assertions, n.Place)
		}
	},
	"max_staleness": stale,
	"when_stale":    stale,
}

// stale notes what a route says of old knowledge: without a store there is none.
func stale(d *decoder, n *document.Node) { d.stale = append(d.stale, n.Place) }
