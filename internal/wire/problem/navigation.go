package problem

import (
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/accept"
)

// Navigation reports whether a user waits for a page that can be asked for again
// elsewhere: [ShowsPage], by GET or HEAD. A form that is sent again by GET would
// be empty.
func Navigation(r *edgeward.Request) bool {
	return (r.Method == "GET" || r.Method == "HEAD") && ShowsPage(r)
}

// ShowsPage reports whether a user sees what r is answered, also after a form, so
// that a refusal should be a page. Sec-Fetch-Mode decides where the browser sends
// it (Fetch Metadata), and else Accept, which must name text/html with more
// weight than JSON. Wildcards, which every program sends, do not count.
func ShowsPage(r *edgeward.Request) bool {
	if mode, sent := r.Header["Sec-Fetch-Mode"]; sent {
		return len(mode) == 1 && mode[0] == "navigate"
	}
	page, data := 0.0, 0.0
	for _, line := range r.Header["Accept"] {
		for element := range strings.SplitSeq(line, ",") {
			switch name, weight := accept.Element(element); name {
			case "text/html":
				page = max(page, weight)
			case "application/json", mediaType:
				data = max(data, weight)
			}
		}
	}
	return page > data
}

// A Form says what became of the form that a user has sent in.
type Form uint8

// The forms. A page says to its user what became of it.
const (
	NoForm       Form = iota
	FormRefused       // nobody but Edgeward has seen it
	FormPassedOn      // the application may have seen it, and done what it asks for
)

// FormOf returns [FormRefused] for a request by which a user sends something in,
// and waits for a page.
func FormOf(r *edgeward.Request) Form {
	switch r.Method {
	case "GET", "HEAD", "OPTIONS":
		return NoForm
	}
	if !ShowsPage(r) {
		return NoForm
	}
	return FormRefused
}
