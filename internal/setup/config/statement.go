package config

import "github.com/edgeward/edgeward/internal/setup/document"

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
	case "authorization":
		if n.Text == "access_token" {
			d.accessTokens = append(d.accessTokens, n.Place)
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
		if _, ok := d.Choice(item, names); ok {
			d.asked = append(d.asked, mention{item.Text, item.Place})
		}
	}
}
