package page

import "github.com/edgeward/edgeward"

// A Sheet is a page that is written from the top. What comes from outside is made HTML
// by [Escape] first.
type Sheet struct {
	*Language
	look  *Look
	style string
	html  []byte
}

// Sheet returns an empty page for the user of r. style is a style sheet besides the one
// of every page, or "".
func (l *Look) Sheet(r *edgeward.Request, style string) *Sheet {
	if l == nil {
		l = plain
	}
	return &Sheet{Language: l.speak(r), look: l, style: Style + style + l.of.Style}
}

// Add adds HTML.
func (s *Sheet) Add(parts ...string) {
	for _, part := range parts {
		s.html = append(s.html, part...)
	}
}

// Say adds a message: see [Language.Format].
func (s *Sheet) Say(name string, values ...string) { s.Add(s.Format(name, values...)) }

// Open begins the page, up to its main part, which has attributes, HTML. The title
// is a message, and stands before the site's name, or before site, where one is given.
func (s *Sheet) Open(title, site, attributes string) {
	s.Add("<!DOCTYPE html>\n<html lang=\"", s.Tag(), "\">\n<head>\n<meta charset=\"utf-8\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n")
	s.Add("<style>", s.style, "</style>\n<title>", s.Format(title))
	if s.look.of.Name != "" {
		site = s.look.of.Name
	}
	if site != "" {
		s.Add(" · ", Escape(site))
	}
	s.Add("</title>\n</head>\n<body>\n<main", attributes, ">\n", s.look.of.Brand)
}

// Close ends the page and sets in h what a page answers with: it does nothing but
// look as it does and send its forms to formAction, a list of sources, "'none'" for a
// page without one.
func (s *Sheet) Close(h edgeward.Header, formAction string) []byte {
	s.Add("</main>\n</body>\n</html>\n")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", s.Tag())
	h.Add("Vary", "Accept-Language")
	policy := Policy(formAction, s.style)
	if s.look.of.Brand != "" {
		policy += "; img-src data:"
	}
	h.Set("Content-Security-Policy", policy)
	return s.html
}
