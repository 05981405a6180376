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

// issued are how the credentials begin that Edgeward itself hands out: API keys,
// sessions, refresh tokens.
var issued = [...]string{"ew_", "ews_", "ewr_"}

func isIssued(value string) bool {
	value = strings.TrimLeft(value, ` "`)
	return strings.HasPrefix(value, issued[0]) || strings.HasPrefix(value, issued[1]) || strings.HasPrefix(value, issued[2])
}

// isOurCookie reports whether a cookie has a name of Edgeward's, with or without the
// prefix that keeps it to HTTPS; see internal/cookie. Such names are reserved.
func isOurCookie(name string) bool {
	name = strings.TrimPrefix(name, "__Host-")
	return strings.HasPrefix(name, "ew_") || strings.HasPrefix(name, "edgeward-")
}

// IsOurs reports whether a cookie is one of Edgeward's, by its name or by the form
// of its value.
func IsOurs(name, value string) bool { return isIssued(value) || isOurCookie(name) }

// removeIssued takes off h what Edgeward handed out and this decision did not
// look at: the session cookie beside a token, the access token that has been
// renewed. It is known by its form, so that it goes whatever a configuration
// calls the cookie, or by its name: a token in a cookie has the form of anybody's.
func removeIssued(h edgeward.Header) {
	for _, value := range h["X-Api-Key"] {
		if isIssued(value) {
			delete(h, "X-Api-Key")
			break
		}
	}
	for _, line := range h["Cookie"] {
		if strings.Contains(line, "ew") {
			cutCookies(h, "Cookie", IsOurs)
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
		cutCookies(h, c.Header, func(name, _ string) bool { return name == c.Cookie })
	}
}

// freshen puts c where h has the one that it was renewed from, or none: the
// application behind never sees a credential that has expired. A credential
// that came with the request stays where it is, byte for byte.
func freshen(h edgeward.Header, c edgeward.Credential) {
	if c.Cookie == "" || hasCookie(h[c.Header], c.Cookie, c.Value.Reveal()) {
		return
	}
	cutCookies(h, c.Header, func(name, _ string) bool { return name == c.Cookie })
	pair := c.Cookie + "=" + c.Value.Reveal()
	if lines := h[c.Header]; len(lines) > 0 { // one line: RFC 6265 §5.4
		pair = strings.Join(lines, "; ") + "; " + pair
	}
	h.Set(c.Header, pair)
}

func hasCookie(lines []string, name, value string) (found bool) {
	for _, line := range lines {
		withoutCookies(line, func(n, v string) bool {
			found = found || n == name && strings.Trim(v, " \t") == value
			return false
		})
	}
	return found
}

// cutCookies removes the cookies that drop names from all lines of field.
func cutCookies(h edgeward.Header, field string, drop func(name, value string) bool) {
	var kept []string
	for _, line := range h[field] {
		if line = withoutCookies(line, drop); line != "" {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		delete(h, field)
		return
	}
	h[field] = kept
}

func withoutCookies(line string, drop func(name, value string) bool) string {
	var kept []string
	for pair := range strings.SplitSeq(line, ";") {
		name, value, _ := strings.Cut(pair, "=")
		if !drop(strings.Trim(name, " \t"), value) {
			kept = append(kept, pair)
		}
	}
	return strings.TrimLeft(strings.Join(kept, ";"), " \t")
}
