package authapi

import (
	"fmt"

	"github.com/edgeward/edgeward"
)

// foreign refuses a request that a page of another origin has caused, before
// anybody is counted: any page can have its visitor's browser post a form, and
// ten forged tokens in such forms would ban the visitor's network. Browsers say
// where it comes from in Sec-Fetch-Site (Fetch Metadata) or, older ones, in
// Origin, which are both out of a page's reach, and both are believed if they
// say so. A neighbouring subdomain ("same-site") is another origin; "none" is
// the person at the browser. Neither is there twice: the door refuses that.
func foreign(r *edgeward.Request) error {
	site, from := r.Header["Sec-Fetch-Site"], r.Header["Origin"]
	switch {
	case len(site) > 0 && site[0] != "same-origin" && site[0] != "none":
		return crossOrigin("Sec-Fetch-Site is not same-origin")
	case len(from) > 0 && from[0] != r.Scheme+"://"+r.Host:
		return crossOrigin("Origin is another than " + r.Scheme + "://" + r.Host)
	}
	return nil
}

// saysOrigin reports whether a request that is not foreign says that a page of
// ours has caused it. A browser adds a cookie by itself, so where there is one
// somebody has to say yes; the address bar ("none") sends no POST.
func saysOrigin(r *edgeward.Request) bool {
	site := r.Header["Sec-Fetch-Site"]
	return len(site) > 0 && site[0] == "same-origin" || len(site) == 0 && len(r.Header["Origin"]) > 0
}

func crossOrigin(how string) error { return fmt.Errorf("authapi: %s: %w", how, edgeward.CrossOrigin) }
