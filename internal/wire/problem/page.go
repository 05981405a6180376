package problem

import (
	"cmp"
	"strconv"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/page"
)

// Page returns the document as a page for the user of r, and sets in h what goes with
// it. It has no script, loads nothing, and every value in it is escaped.
func (d Document) Page(h edgeward.Header, r *edgeward.Request, pages *page.Look) []byte {
	d.setHeader(h)
	h.Set("Referrer-Policy", "no-referrer")
	says := cmp.Or(d.text.says, d.Code)
	s := pages.Sheet(r, "")
	s.Open(says+".head", "", "")
	status := strconv.Itoa(d.Status)
	s.Add("<p class=\"status\">", status, " ")
	s.Say(status)
	s.Add("</p>\n<h1>")
	s.Say(says + ".head")
	s.Add("</h1>\n")
	paragraph(s, says+".text")
	d.next(s)
	s.Add("<dl>\n<dt>")
	s.Say("code")
	s.Add("</dt><dd>", page.Escape(d.Code), "</dd>\n<dt>")
	s.Say("request")
	s.Add("</dt><dd>", page.Escape(d.RequestID), "</dd>\n</dl>\n")
	return s.Close(h, "'none'")
}

// next says what became of what was sent in, and what the user can do.
func (d Document) next(s *page.Sheet) {
	switch {
	case d.Form == FormPassedOn:
		paragraph(s, "form.unknown")
	case d.Form == FormRefused && d.LoginURL != "" && d.text.other:
		paragraph(s, "form.kept-none")
		d.button(s, "refused.other", ` target="_blank" rel="noopener"`)
	case d.Form == FormRefused && d.LoginURL != "":
		paragraph(s, "form.signin")
		d.button(s, "refused.new-tab", ` target="_blank" rel="noopener"`)
	case d.Form == FormRefused:
		paragraph(s, "form.kept-none")
	case d.text.retry:
		d.button(s, "refused.again", "")
	case d.LoginURL != "" && d.text.other:
		d.button(s, "refused.other", "")
	case d.LoginURL != "":
		d.button(s, "refused.signin", "")
	}
}

func paragraph(s *page.Sheet, message string) {
	s.Add("<p>")
	s.Say(message)
	s.Add("</p>\n")
}

// button leads to LoginURL, or to the page itself where that is "".
func (d Document) button(s *page.Sheet, message, attributes string) {
	s.Add("<p><a class=\"button\" href=\"", page.Escape(d.LoginURL), "\"", attributes, ">")
	s.Say(message)
	s.Add("</a></p>\n")
}
