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
	errNoCookie = fmt.Errorf("credential: no such cookie: %w", edgeward.CredentialMissing)

	// ErrTooManyCookies refuses a request with more cookies, or more bytes of
	// them, than [Cookie] reads. Any host of the same domain can plant that many.
	ErrTooManyCookies = fmt.Errorf("credential: more than %d cookies, or than %d bytes of them: %w", maxCookies, maxCookieBytes, edgeward.MalformedRequest)
)

// A RepeatedCookieError refuses a request with several cookies of one name. It
// wraps [edgeward.AmbiguousCredential].
type RepeatedCookieError struct{ Name string }

// Error implements error.
func (e *RepeatedCookieError) Error() string {
	return fmt.Sprintf("credential: the cookie %s was sent more than once: %v", e.Name, edgeward.AmbiguousCredential)
}

// Unwrap returns the Reason.
func (e *RepeatedCookieError) Unwrap() error { return edgeward.AmbiguousCredential }

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
//   - [edgeward.AmbiguousCredential], by a [*RepeatedCookieError], when there are
//     several, equal or not: one was tossed in from somewhere, and the upstream
//     might prefer it;
//   - [edgeward.MalformedRequest], by [ErrTooManyCookies], for more than 300
//     cookies or 32 KiB of them.
func Cookie(name string) edgeward.Source {
	repeated := &RepeatedCookieError{name}
	return func(r *edgeward.Request) (edgeward.Credential, error) {
		found, times, err := findCookie(r.Header[cookieField], name, nil)
		switch {
		case err != nil:
			return edgeward.Credential{}, err
		case times > 1:
			return edgeward.Credential{}, repeated
		case found == "" || name == "":
			return edgeward.Credential{}, errNoCookie
		}
		return edgeward.Credential{Value: edgeward.NewSecret(found), Header: cookieField, Cookie: name}, nil
	}
}

// maxRepeated bounds what [Cookies] returns. A browser holds at most two cookies
// with the prefix __Host- under one name, one of them Partitioned.
const maxRepeated = 4

// Cookies returns the values of all cookies with that name, at most four of
// them, empty ones too: for those who have to get rid of them. None of several is
// a credential. The error wraps [edgeward.MalformedRequest], as that of [Cookie].
func Cookies(r *edgeward.Request, name string) ([]edgeward.Secret, error) {
	var all []edgeward.Secret
	_, _, err := findCookie(r.Header[cookieField], name, func(value string) {
		if name != "" && len(all) < maxRepeated {
			all = append(all, edgeward.NewSecret(value))
		}
	})
	return all, err
}

// findCookie returns the value of the last cookie with that name, and how many
// there are. each, unless it is nil, is called with the value of every one.
func findCookie(lines []string, name string, each func(value string)) (last string, times int, err error) {
	var bytes, cookies int
	for _, line := range lines {
		if bytes += len(line); bytes > maxCookieBytes {
			return "", 0, ErrTooManyCookies
		}
		for rest, more := line, true; more; {
			var pair string
			pair, rest, more = strings.Cut(rest, ";")
			if cookies++; cookies > maxCookies {
				return "", 0, ErrTooManyCookies
			}
			if key, value, _ := strings.Cut(pair, "="); trimBlank(key) == name && len(key) < len(pair) {
				last = trimBlank(value)
				times++
				if each != nil {
					each(last)
				}
			}
		}
	}
	return last, times, nil
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
