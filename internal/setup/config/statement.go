package config

import "github.com/edgeward/edgeward/policy"

// strategies reads authenticate. Its value decides whether paths are public,
// so nothing but "[]" says so: not a missing value, not false.
func (d *decoder) strategies(n *node) *[]string {
	if n.kind == null || n.kind == boolean {
		d.refuse(n.place, "[bearer] asks for a token, [] makes the paths public", "authenticate must be a list")
		return nil
	}
	names := make([]string, len(strategies))
	for i, s := range strategies {
		names[i] = s.name
	}
	return ref(d.texts(n, "[bearer]", func(item *node) {
		if _, ok := d.choice(item, names); ok {
			d.asked = append(d.asked, mention{item.text, item.place})
		}
	}))
}

// stated reads a list that replaces the one above it, also when it is empty.
func (d *decoder) stated(n *node, check func(*node)) *[]string {
	return ref(d.texts(n, "[…]; [] for none", check))
}

// mentionIssuer notes an issuer to be looked up when all are known.
func (d *decoder) mentionIssuer(n *node) {
	d.issuers = append(d.issuers, mention{n.text, n.place})
}

func (d *decoder) fallback(n *node) *policy.Fallback {
	names := []string{policy.FallbackUnavailable.String(), policy.FallbackAny.String(), policy.FallbackNever.String()}
	s, _ := d.choice(n, names)
	f, _ := policy.ParseFallback(s)
	return &f
}

// asserts reads assertion, and notes where it is on: then a key must sign.
func (d *decoder) asserts(n *node) bool {
	on := d.boolean(n)
	if on {
		d.assertions = append(d.assertions, n.place)
	}
	return on
}

func (d *decoder) methods(n *node) map[string]policy.Statement {
	if !d.is(n, mapping, "{POST: {permissions: [write]}}") {
		return nil
	}
	all := make(map[string]policy.Statement, len(n.fields))
	for _, f := range n.fields {
		var s policy.Statement
		overrideTable.read(d, f.value, &s)
		all[f.key.text] = s
	}
	return all
}
