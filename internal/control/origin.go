package control

import (
	"fmt"

	"github.com/edgeward/edgeward"
)

// sameOrigin refuses what a page of another origin has sent: it may have got
// hold of a key, or guess until this machine's address is banned. Browsers say
// where a request comes from in Sec-Fetch-Site (Fetch Metadata) or, older ones,
// in Origin, and no page can change either. Programs send neither. "none" is
// the address bar.
func sameOrigin(r *edgeward.Request) error {
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" && site != "none" {
			return fmt.Errorf("control: Sec-Fetch-Site is not same-origin: %w", edgeward.CrossOrigin)
		}
	}
	for _, from := range r.Header["Origin"] {
		if from != r.Scheme+"://"+r.Host {
			return fmt.Errorf("control: Origin is another than %s://%s: %w", r.Scheme, r.Host, edgeward.CrossOrigin)
		}
	}
	return nil
}
