// Package csrf tells whose page has caused a request, so that no page of
// others can act in its visitor's name (cross-site request forgery).
//
// Browsers say it in Sec-Fetch-Site (Fetch Metadata) or, older ones and those
// without HTTPS, in Origin (RFC 6454 §7). Both are out of a page's reach, and
// whatever either says against a request holds. A neighbouring subdomain
// ("same-site") is another origin. "none" is the user at the browser: a
// bookmark, the address bar. Programs say neither.
//
// A page under Referrer-Policy: no-referrer sends "Origin: null" with the forms
// that it posts to itself (Fetch, "append a request Origin header"), and so do
// sandboxed frames, data: URLs and cross-origin redirects. Sec-Fetch-Site tells
// them apart: it is "same-origin" for the first alone, as it goes by the origins
// themselves and by every URL of a redirect.
//
// Every refusal wraps [edgeward.CrossOrigin].
package csrf

import (
	"fmt"

	"github.com/edgeward/edgeward"
)

// Check refuses a request that says it comes from another origin. Silence is no
// refusal: it is for requests whose credential a browser does not add by itself.
func Check(r *edgeward.Request) error {
	sites := r.Header["Sec-Fetch-Site"]
	for _, site := range sites {
		if site != "same-origin" && site != "none" {
			return fmt.Errorf("csrf: Sec-Fetch-Site is not same-origin: %w", edgeward.CrossOrigin)
		}
	}
	withheld := len(sites) == 1 && sites[0] == "same-origin"
	for _, from := range r.Header["Origin"] {
		if !isOwn(r, from) && !(withheld && from == "null") {
			return fmt.Errorf("csrf: Origin is another than %s://%s: %w", r.Scheme, r.Host, edgeward.CrossOrigin)
		}
	}
	return nil
}

// Demand refuses a request unless it says that a page of ours has caused it. A
// browser adds a cookie by itself, so where a cookie changes something, somebody
// has to say yes; "none" is no yes, for the address bar changes nothing.
func Demand(r *edgeward.Request) error {
	if err := Check(r); err != nil {
		return err
	}
	site := r.Header["Sec-Fetch-Site"]
	if len(site) > 0 && site[0] == "same-origin" || len(site) == 0 && len(r.Header["Origin"]) > 0 {
		return nil
	}
	return fmt.Errorf("csrf: neither Sec-Fetch-Site nor Origin says that it comes from our own page: %w", edgeward.CrossOrigin)
}

// isOwn reports whether from is the origin that r went to. Both are serialized
// by the same rules: internal/wire/canonical has lowered the host and removed a
// default port.
func isOwn(r *edgeward.Request, from string) bool {
	scheme := len(r.Scheme)
	return len(from) == scheme+len("://")+len(r.Host) &&
		from[:scheme] == r.Scheme && from[scheme:scheme+len("://")] == "://" && from[scheme+len("://"):] == r.Host
}
