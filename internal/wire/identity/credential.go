package identity

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// removeCredentials takes off h whatever proves something here: the credential
// that decided, a bearer token that nobody examined, and what Edgeward issued and
// this decision did not look at (the session beside a token, the refresh token).
// Under d.KeepCredential the credential that decided stays, alone.
func (f *Fields) removeCredentials(h edgeward.Header, d *edgeward.Decision) {
	kept := edgeward.Credential{}
	if d.KeepCredential && f.mayTravel(d.Credential) {
		kept = d.Credential
		freshen(h, kept)
	} else {
		removeCredential(h, d.Credential)
	}
	if kept.Header != "Authorization" {
		removeAuthorization(h, d)
	}
	if kept.Header != "X-Api-Key" && slices.ContainsFunc(h["X-Api-Key"], isIssued) {
		delete(h, "X-Api-Key")
	}
	f.removeCookies(h, kept.Cookie)
}

// mayTravel reports whether an application may be given c. What opens Edgeward
// itself to whoever holds it, and says nothing to an application, is not given
// to any: the session cookie and those of renewal and sign-in. The access token
// in a cookie is what an application can verify.
func (f *Fields) mayTravel(c edgeward.Credential) bool {
	if v := c.Value.Reveal(); strings.HasPrefix(v, sessionPrefix) || strings.HasPrefix(v, handlePrefix) {
		return false
	}
	return c.Cookie == "" || !f.IsOurCookie(c.Cookie) || cookie.IsAccess(c.Cookie)
}

// removeAuthorization takes off h a bearer token that nobody examined: on a
// public route, or beside the credential that decided. A browser's script sends
// it everywhere, and the upstream of a public route is the last that should
// collect it. Where a public route forwards credentials it is the application's,
// unless Edgeward issued it. Other schemes are the application's own business, but
// for HTTP Basic with a key that Edgeward issued.
func removeAuthorization(h edgeward.Header, d *edgeward.Decision) {
	const scheme = "bearer"
	theirs := d.KeepCredential && d.Credential.Header == ""
	for _, value := range h["Authorization"] {
		if credential.IsIssuedBasic(value) {
			delete(h, "Authorization")
			return
		}
		if len(value) < len(scheme) || !strings.EqualFold(value[:len(scheme)], scheme) {
			continue
		}
		if !theirs || isIssued(value[len(scheme):]) {
			delete(h, "Authorization")
			return
		}
	}
}

// How the credentials begin that Edgeward issues, beside tokens: API keys,
// sessions, refresh tokens, host handles, tickets.
const (
	apiKeyPrefix  = "ew_"
	sessionPrefix = "ews_"
	refreshPrefix = "ewr_"
	handlePrefix  = "ewh_"
	ticketPrefix  = "ewt_"
)

func isIssued(value string) bool {
	value = strings.TrimLeft(value, ` "`)
	for _, prefix := range [...]string{apiKeyPrefix, sessionPrefix, refreshPrefix, handlePrefix, ticketPrefix} {
		if strings.HasPrefix(value, prefix) {
			return true
		}
	}
	return false
}

// removeCookies cuts Edgeward's own cookies out, by their exact names, but for
// the one called kept. A cookie of the application is never one of them, whatever
// its value.
func (f *Fields) removeCookies(h edgeward.Header, kept string) {
	ours := func(name, _ string) bool { return name != kept && f.IsOurCookie(name) }
	for _, line := range h["Cookie"] {
		if hasAny(line, ours) {
			cutCookies(h, "Cookie", ours)
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

func hasCookie(lines []string, name, value string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		return hasAny(line, func(n, v string) bool { return n == name && strings.Trim(v, " \t") == value })
	})
}

// hasAny reports whether any cookie of a line is one that is asked about.
func hasAny(line string, is func(name, value string) bool) bool {
	for pair := range strings.SplitSeq(line, ";") {
		if name, value, _ := strings.Cut(pair, "="); is(strings.Trim(name, " \t"), value) {
			return true
		}
	}
	return false
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
