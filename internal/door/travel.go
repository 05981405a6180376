package door

import (
	"net/http"
	"strings"

	"github.com/edgeward/edgeward"
)

// carriers are the fields that can carry a credential.
var carriers = [...]string{"Authorization", "Cookie", "X-Api-Key"}

// Travelling returns the fields of the request that can carry a credential, and those
// that the configuration edits on some route, as they may travel on to the
// application, by the rule of all doors: what is the application's own stays, what is
// Edgeward's goes unless the route forwards it. A field that came is in the result,
// with the value "" when nothing of it may travel on: a proxy that copies the result
// then overwrites what the client sent. Cookie is one line (RFC 6265 §5.4), and so
// is what is edited.
func (v *Visit) Travelling() http.Header {
	var h edgeward.Header
	d := v.Decision
	var touched []string
	if d.OwnFields != nil {
		touched = d.OwnFields.Touched()
	}
	for _, all := range [...][]string{carriers[:], touched} {
		for _, name := range all {
			if values := v.Request.Header[name]; len(values) > 0 {
				if h == nil {
					h = make(edgeward.Header, len(carriers))
				}
				h[name] = values
			}
		}
	}
	if h == nil {
		if d.Forwarding == nil || len(d.Forwarding.Request.Set) == 0 {
			return nil
		}
		h = edgeward.Header{}
	}
	d.Upstream = nil
	v.fields.Apply(h, &d)
	for i, all := range [...][]string{carriers[:], touched} {
		for _, name := range all {
			switch values := h[name]; {
			case len(values) == 0 && len(v.Request.Header[name]) > 0:
				h[name] = nothing
			case name == "Cookie" && len(values) > 1:
				h[name] = []string{strings.Join(values, "; ")}
			case len(values) > 1 && i > 0:
				h[name] = []string{strings.Join(values, ", ")}
			}
		}
	}
	return http.Header(h)
}

// nothing is a value that all answers share; nobody writes to it.
var nothing = []string{""}
