package config

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config/palette"
	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/internal/wire/page/translation"
)

// Pages is the section of how pages for users look, and what they speak.
type Pages struct {
	Name      string
	Brand     string   // as in [page.Config], with the logo
	Style     string   // as in [page.Config]
	Languages []string // the first one is for users who ask for none; none means all

	logo, dark string // data: URLs, or ""
}

// Pages returns how pages look; without a login as Edgeward's own do.
func (c *Config) Pages() *Pages {
	if c.Login == nil {
		return &Pages{}
	}
	return &c.Login.Pages
}

func (d *decoder) siteName(n *document.Node) string { return d.Held(n, "Example Corp", rule.SiteName) }

// logo reads a picture, which becomes part of every page.
func (d *decoder) logo(n *document.Node) string {
	s, ok := d.Text(n, "file:logo.svg")
	if !ok {
		return ""
	}
	picture, fault := d.source.Picture(s)
	d.OK(n.Place, fault)
	return picture
}

// brand makes the brand of the name and the logos. A logo wants a name beside it, for
// users who do not see it.
func (d *decoder) brand(n *document.Node, p *Pages) {
	if p.Name != "" {
		p.Brand = page.Brand(p.Name, p.logo, p.dark)
		p.Style += page.BrandStyle
	}
	for _, key := range []string{"logo", "logo_dark"} {
		if at := n.Field(key); at != nil && n.Field("name") == nil {
			d.Refuse(at.Place, "add name: the name of the site", "a logo needs a name beside it, for users who do not see it")
		}
	}
	if at := n.Field("logo_dark"); at != nil && n.Field("logo") == nil {
		d.Refuse(at.Place, "add logo: file:logo.svg", "there is no logo for light mode")
	}
}

func (d *decoder) languages(n *document.Node) []string {
	known := translation.Tags()
	if len(n.Items) == 0 && n.Kind == document.List {
		d.Refuse(n.Place, "leave languages out for all of them: "+strings.Join(known, ", "), "there is no language, so pages could say nothing")
	}
	return d.Texts(n, "[en, de]", func(item *document.Node) {
		if !slices.Contains(known, item.Text) {
			d.Refuse(item.Place, schema.OneOf(known), "there is no translation to %q%s", item.Text, d.DidYouMean(item.Text, known))
		}
	})
}

// A colorsDraft is the colours that are stated, with their places.
type colorsDraft struct {
	palette.Scheme
	at   [palette.Danger + 1]document.Place
	dark *colorsDraft
}

// colors reads colours, and returns the style sheet that they make.
func (d *decoder) colors(n *document.Node) string {
	c := colorsDraft{dark: &colorsDraft{}}
	before := d.Errors.Len()
	if !colorsTable.Read(&d.Reader, d, n, &c) || d.Errors.Len() > before {
		return ""
	}
	sheet, inLight, inDark := palette.Sheet(&c.Scheme, &c.dark.Scheme)
	c.report(d, inLight)
	c.dark.report(d, inDark)
	return sheet
}

// darkColors reads those of dark mode, which stand within those of light mode.
func (d *decoder) darkColors(n *document.Node, c *colorsDraft) {
	if c.dark == nil {
		d.Refuse(n.Place, "", "dark colors have no dark colors of their own")
		return
	}
	colorsTable.Read(&d.Reader, d, n, c.dark)
}

func (c *colorsDraft) report(d *decoder, faults []palette.Fault) {
	for i := range faults {
		f := &faults[i]
		d.Refuse(c.at[f.Stated], "like this: "+f.Stated.String()+`: "`+f.Better.String()+`"`, "%s", f)
	}
}

func (d *decoder) color(n *document.Node, c *colorsDraft, r palette.Role) {
	s, ok := d.Text(n, `"#2250bd"`)
	if !ok {
		return
	}
	color, ok := palette.Parse(s)
	if !ok {
		d.Refuse(n.Place, `like this: "#2250bd"`, "%q is no color in hexadecimal digits", s)
		return
	}
	c.State(r, color)
	c.at[r] = n.Place
}
