package config

import (
	"github.com/edgeward/edgeward/internal/setup/config/palette"
	"github.com/edgeward/edgeward/internal/setup/document"
)

var pagesTable = table[*Pages]{
	name: "pages",
	keys: []key[*Pages]{
		{name: "name", kind: "text", read: func(d *decoder, n *document.Node, p *Pages) { p.Name = d.rules.siteName(d, n) }},
		{name: "logo", kind: "file:PATH", read: func(d *decoder, n *document.Node, p *Pages) { p.logo = d.rules.logo(d, n) }},
		{name: "logo_dark", kind: "file:PATH", read: func(d *decoder, n *document.Node, p *Pages) { p.dark = d.rules.logo(d, n) }},
		{name: "colors", kind: "mapping", read: func(d *decoder, n *document.Node, p *Pages) { p.Style = d.rules.colors(d, n) }},
		{name: "languages", kind: "list of text", read: func(d *decoder, n *document.Node, p *Pages) { p.Languages = d.rules.languages(d, n) }},
	},
}

// colorsTable is a gateway's alone: a Worker gets the style sheet that they make.
var colorsTable = table[*colorsDraft]{
	name: "colors",
	keys: []key[*colorsDraft]{
		{name: "background", kind: "color", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Background) }},
		{name: "card", kind: "color", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Card) }},
		{name: "text", kind: "color", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Text) }},
		{name: "muted", kind: "color", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Muted) }},
		{name: "line", kind: "color", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Line) }},
		{name: "border", kind: "color", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Border) }},
		{name: "accent", kind: "color", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Accent) }},
		{name: "tint", kind: "color", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Tint) }},
		{name: "danger", kind: "color", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.color(n, c, palette.Danger) }},
		{name: "dark", kind: "mapping", read: func(d *decoder, n *document.Node, c *colorsDraft) { d.rules.dark(d, n, c) }},
	},
}
