package credential

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
)

const (
	cookieField = "Cookie"

	// What a request may carry in cookies before nobody looks any further.
	// Browsers keep about 180 a site (RFC 6265 §6.1 asks for 50).
	maxCookies     = 300
	maxCookieBytes = 32 << 10
)

var (
	errNoCookie       = fmt.Errorf("credential: no such cookie: %w", edgeward.CredentialMissing)
	errCookieTwice    = fmt.Errorf("credential: the cookie was sent more than once: %w", edgeward.AmbiguousCredential)
	errTooManyCookies = fmt.Errorf("credential: more than %d cookies, or than %d bytes of them: %w", maxCookies, maxCookieBytes, edgeward.MalformedRequest)
)

// Cookie returns the [edgeward.Source] of the cookie with that name, looked for
// over all Cookie fields (HTTP/2 splits them, RFC 9113 §8.2.3). The name is
// exact and has a case; with the prefix __Host- a browser lets no neighbouring
// host and no plain-HTTP page set it (RFC 6265bis §4.1.3.2). It allocates
// nothing.
//
// The Source returns an error that wraps
//
//   - [edgeward.CredentialMissing] when there is no such cookie, or its value is
//     empty. A cookie without a name is none, whatever its value looks like:
//     "=__Host-x=1" and "__Host-x" are not "__Host-x". White space other than
//     space and tab is part of a name, where a browser has seen another name;
//   - [edgeward.AmbiguousCredential] when there are several, equal or not: one
//     was tossed in from somewhere, and the upstream might prefer it;
//   - [edgeward.MalformedRequest] for more than 300 cookies or 32 KiB of them.
func Cookie(name string) edgeward.Source {
	return func(r *edgeward.Request) (edgeward.Credential, error) {
		value, err := findCookie(r.Header[cookieField], name)
		if err != nil {
			return edgeward.Credential{}, err
		}
		return edgeward.Credential{Value: edgeward.NewSecret(value), Header: cookieField, Cookie: name}, nil
	}
}

// findCookie returns the value of the only cookie with that name.
func findCookie(lines []string, name string) (string, error) {
	var found string
	var bytes, cookies, times int
	for _, line := range lines {
		if bytes += len(line); bytes > maxCookieBytes {
			return "", errTooManyCookies
		}
		for rest, more := line, true; more; {
			var pair string
			pair, rest, more = strings.Cut(rest, ";")
			if cookies++; cookies > maxCookies {
				return "", errTooManyCookies
			}
			if key, value, _ := strings.Cut(pair, "="); trimBlank(key) == name && len(key) < len(pair) {
				found = trimBlank(value)
				times++
			}
		}
	}
	switch {
	case times > 1:
		return "", errCookieTwice
	case found == "" || name == "":
		return "", errNoCookie
	}
	return found, nil
}

// trimBlank removes space and tab on both sides. Unicode's white space stays:
// a browser takes U+2000 before "__Host-x" for another name, without the
// prefix's protection.
func trimBlank(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
