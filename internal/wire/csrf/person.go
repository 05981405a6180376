package csrf

import (
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// IsSpeculative reports whether a browser asks for a page that its user may never
// open: a prefetch, a prerender, a preview. Every value of Sec-Purpose says so
// (Fetch), older browsers say it in other fields. Nothing may begin for such a
// request that waits for a user, nor may it use anything up.
func IsSpeculative(r *edgeward.Request) bool {
	if len(r.Header["Sec-Purpose"]) > 0 {
		return true
	}
	for _, name := range [...]string{"Purpose", "X-Purpose", "X-Moz"} {
		for _, value := range r.Header[name] {
			switch purpose, _, _ := strings.Cut(strings.ToLower(value), ";"); strings.TrimSpace(purpose) {
			case "prefetch", "prerender", "preview":
				return true
			}
		}
	}
	return false
}

// IsNavigation reports whether r may be a user's own step to another page: its
// Sec-Fetch-Mode says so, or it has none, as those of older browsers and of
// programs. A request of a page's script, image or style is none, and neither is
// a speculative one. The mode is out of a page's reach (Fetch Metadata).
func IsNavigation(r *edgeward.Request) bool {
	mode, sent := r.Header["Sec-Fetch-Mode"]
	return !IsSpeculative(r) && (!sent || len(mode) == 1 && mode[0] == "navigate")
}

// maxReferrer bounds what Referrer returns, in bytes.
const maxReferrer = 2 << 10

// Referrer returns the path and query of the page of our own origin that r says
// it comes from; "" for another origin's, for what has two readings, and where
// the browser does not say.
func Referrer(r *edgeward.Request) string {
	page, ours := strings.CutPrefix(r.Header.First("Referer"), r.Scheme+"://"+r.Host+"/")
	if _, err := canonical.RequestTarget("/" + page); !ours || err != nil || len(page) > maxReferrer {
		return ""
	}
	return "/" + page
}
