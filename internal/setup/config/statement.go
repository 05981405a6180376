package config

import (
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/policy"
)

// strategies reads authenticate. Its value decides whether paths are public,
// so nothing but "[]" says so: not a missing value, not false.
func (d *decoder) strategies(n *document.Node) *[]string {
	if n.Kind == document.Null || n.Kind == document.Boolean {
		d.refuse(n.Place, "[bearer] asks for a token, [] makes the paths public", "authenticate must be a list")
		return nil
	}
	names := make([]string, len(strategies))
	for i, s := range strategies {
		names[i] = s.name
	}
	return ref(d.texts(n, "[bearer]", func(item *document.Node) {
		if _, ok := d.choice(item, names); ok {
			d.asked = append(d.asked, mention{item.Text, item.Place})
		}
	}))
}

// stated reads a list that replaces the one above it, also when it is empty.
func (d *decoder) stated(n *document.Node, check func(*document.Node)) *[]string {
	return ref(d.texts(n, "[…]; [] for none", check))
}

// mentionIssuer notes an issuer to be looked up when all are known.
func (d *decoder) mentionIssuer(n *document.Node) {
	d.issuers = append(d.issuers, mention{n.Text, n.Place})
}

func (d *decoder) fallback(n *document.Node) *policy.Fallback {
	names := []string{policy.FallbackUnavailable.String(), policy.FallbackAny.String(), policy.FallbackNever.String()}
	s, _ := d.choice(n, names)
	f, _ := policy.ParseFallback(s)
	return &f
}

// asserts reads assertion, and notes where it is on: then a key must sign.
func (d *decoder) asserts(n *document.Node) bool {
	on := d.boolean(n)
	if on {
		d.assertions = append(d.assertions, n.Place)
	}
	return on
}

func (d *decoder) methods(n *document.Node) map[string]policy.Statement {
	if !d.is(n, document.Mapping, "{POST: {permissions: [write]}}") {
		return nil
	}
	all := make(map[string]policy.Statement, len(n.Fields))
	for _, f := range n.Fields {
		var s policy.Statement
		overrideTable.read(d, f.Value, &s)
		all[f.Key.Text] = s
	}
	return all
}
