package propagate

import (
	"strings"

	"github.com/edgeward/edgeward"
)

// removeBearer takes a bearer token off h that nobody examined: on a public
// route, or beside the credential that decided. A browser sends it everywhere,
// and the upstream of a public route is the last that should collect it. Other
// schemes are the application's own business.
func removeBearer(h edgeward.Header) {
	const scheme = "bearer"
	for _, value := range h["Authorization"] {
		if len(value) >= len(scheme) && strings.EqualFold(value[:len(scheme)], scheme) {
			delete(h, "Authorization")
			return
		}
	}
}

// removeCredential takes c off h. Of a Cookie field only the cookie that was
// the credential is cut out, the others stay byte for byte.
func removeCredential(h edgeward.Header, c edgeward.Credential) {
	switch {
	case c.Header == "":
	case c.Cookie == "":
		delete(h, c.Header)
	default:
		cutCookie(h, c.Header, c.Cookie)
	}
}

// cutCookie removes every cookie of that name from all lines of field.
func cutCookie(h edgeward.Header, field, name string) {
	var kept []string
	for _, line := range h[field] {
		if line = withoutCookie(line, name); line != "" {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		delete(h, field)
		return
	}
	h[field] = kept
}

func withoutCookie(line, name string) string {
	var kept []string
	for pair := range strings.SplitSeq(line, ";") {
		if key, _, _ := strings.Cut(pair, "="); strings.Trim(key, " \t") != name {
			kept = append(kept, pair)
		}
	}
	return strings.TrimLeft(strings.Join(kept, ";"), " \t")
}
