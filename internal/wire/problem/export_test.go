package problem

import "github.com/edgeward/edgeward"

// HTML is Page in Edgeward's own look.
func (d Document) HTML() []byte { return d.Page(edgeward.Header{}, &edgeward.Request{}, nil) }

// SetHeader sets what Page or Program sets.
func (d Document) SetHeader(h edgeward.Header, html bool) {
	if html {
		d.Page(h, &edgeward.Request{}, nil)
		return
	}
	d.Program(h)
}
