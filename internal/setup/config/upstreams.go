package config

import (
	"slices"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// upstream reads where requests go: a URL, or a name, which is looked up once
// everything is read.
func (d *decoder) upstream(n *document.Node) string {
	return d.Held(n, "http://127.0.0.1:3000", func(s string) *document.Fault {
		if rule.UpstreamName(s) == nil {
			d.upstreamNames = append(d.upstreamNames, mention{s, n.Place})
			return nil
		}
		return rule.Upstream(s)
	})
}

// checkUpstreamNames looks up what routes call by a name.
func (d *decoder) checkUpstreamNames(top *document.Node) {
	var known []string
	if section := top.Field("upstreams"); section != nil {
		for _, f := range section.Fields {
			known = append(known, f.Key.Text)
		}
	}
	for _, m := range d.upstreamNames {
		if !slices.Contains(known, m.name) {
			d.Refuse(m.Place, "add it to upstreams, or write a URL like http://127.0.0.1:3000", "no upstream is called %q%s", m.name, d.DidYouMean(m.name, known))
		}
	}
}
