package config

import (
	"github.com/edgeward/edgeward/internal/setup/config/palette"
	"github.com/edgeward/edgeward/internal/setup/document"
)

var pagesTable = table[*Pages]{
	Name: "pages",
	Keys: []key[*Pages]{
		{Name: "name", Kind: "text", Read: func(d *decoder, n *document.Node, p *Pages) { p.Name = d.rules.siteName(d, n) }},
		{Name: "logo", Kind: "file:PATH", Read: func(d *decoder, n *document.Node, p *Pages) { p.logo = d.rules.logo(d, n) }},
		{Name: "logo_dark", Kind: "file:PATH", Read: func(d *decoder, n *document.Node, p *Pages) { p.dark = d.rules.logo(d, n) }},
		{Name: "colors", Kind: "mapping", Read: func(d *decoder, n *document.Node, p *Pages) { p.Style = d.rules.colors(d, n) }},
		{Name: "languages", Kind: "list of text", Read: func(d *decoder, n *document.Node, p *Pages) { p.Languages = d.rules.languages(d, n) }},
	},
}

// colorsTable is a gateway's alone: a Worker gets the style sheet that they make.
var colorsTable = table[*colorsDraft]{
	Name: "colors",
	Keys: []key[*colorsDraft]{
		{Name: "background", Kind: "color", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Background) }},
		{Name: "card", Kind: "color", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Card) }},
		{Name: "text", Kind: "color", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Text) }},
		{Name: "muted", Kind: "color", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Muted) }},
		{Name: "line", Kind: "color", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Line) }},
		{Name: "border", Kind: "color", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Border) }},
		{Name: "accent", Kind: "color", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Accent) }},
		{Name: "tint", Kind: "color", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Tint) }},
		{Name: "danger", Kind: "color", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Danger) }},
		{Name: "dark", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *colorsDraft) { d.rules.dark(d, n, c) }},
	},
}
