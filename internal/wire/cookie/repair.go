package cookie

import (
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// Repair adds to h, the header of the answer that refuses r for err, what makes
// the browser let go of cookies that are the reason: else their owner is locked
// out until somebody removes them by hand. Whoever can plant them, a page, the
// application or a neighbouring host, could as well have overwritten ours, so
// that nobody gains by it.
//
// A cookie that came twice is taken away, see [Discard]. Where there are more than
// anybody reads, neither their names nor their domains say which are whose: a
// person's browser is told to drop all of the site (Clear-Site-Data, which knows no
// smaller unit than the registrable domain).
func Repair(h edgeward.Header, r *edgeward.Request, err error) {
	if repeated, ok := errors.AsType[*credential.RepeatedCookieError](err); ok {
		for _, value := range Discard(repeated.Name) {
			h.Add("Set-Cookie", value)
		}
	}
	if flooded(r, err) && r.Header.First("Sec-Fetch-Mode") == "navigate" {
		h.Set("Clear-Site-Data", `"cookies"`)
	}
}

// flooded reports whether r was refused for the amount of its cookies.
func flooded(r *edgeward.Request, err error) bool {
	if !errors.Is(err, canonical.ErrHeaderSize) {
		return errors.Is(err, credential.ErrTooManyCookies)
	}
	size := 0
	for _, line := range r.Header["Cookie"] {
		size += len(line)
	}
	return size > canonical.MaxHeaderBytes/2
}
