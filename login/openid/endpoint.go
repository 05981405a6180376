package openid

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// An endpoint is a URL that a provider names. Its path is taken as it is: the
// provider reads it, and decides nothing of ours by it. "//" is in the metadata
// of providers whose own address was configured with a slash at its end.
type endpoint struct {
	scheme, host string // canonical
	rest         string // path and query
}

// readEndpoint reads an absolute http or https URL without userinfo and
// fragment. ok is false for anything else, for characters that no URL holds
// unencoded, some of which would split a header, and for "\", which browsers
// read as "/".
func readEndpoint(raw string) (e endpoint, ok bool) {
	scheme, rest, found := strings.Cut(raw, "://")
	e.scheme = strings.ToLower(scheme)
	if !found || e.scheme != "https" && e.scheme != "http" || strings.ContainsFunc(raw, notInURL) {
		return endpoint{}, false
	}
	end := len(rest)
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		end = at
	}
	host, err := canonical.Host(rest[:end], e.scheme)
	if err != nil {
		return endpoint{}, false
	}
	e.host, e.rest = host, rest[end:]
	return e, true
}

func notInURL(c rune) bool { return c <= ' ' || c >= 0x7f || c == '#' || c == '\\' }

// sameOrigin reports whether e and o have one origin (RFC 6454 §4).
func (e endpoint) sameOrigin(o endpoint) bool { return e.scheme == o.scheme && e.host == o.host }

// isEndpoint reports whether raw is an https URL, or an http one on the very
// host of an issuer that is http itself.
func isEndpoint(raw, issuer string) bool {
	e, ok := readEndpoint(raw)
	if !ok || e.scheme == "https" {
		return ok
	}
	from, ok := readEndpoint(issuer)
	return ok && e.sameOrigin(from)
}

// CheckEndpoint says what is wrong with an endpoint, or another URL at a provider, that
// a configuration has: the rule for one that metadata names.
func CheckEndpoint(raw, issuer string) error {
	if !isEndpoint(raw, issuer) {
		return fmt.Errorf("%.200q is no https URL without a fragment and a user name", raw)
	}
	return nil
}

// follow returns where a redirect from one URL of a provider leads, if that is
// of the same origin: an open redirect at the provider must not choose who
// speaks for it (the metadata names the key set and where codes and secrets are
// sent). Location is absolute or begins with one "/"; other relative references
// are not followed.
func follow(from, location string) (string, bool) {
	at, ok := readEndpoint(from)
	if !ok {
		return "", false
	}
	if strings.HasPrefix(location, "/") && !strings.HasPrefix(location, "//") {
		location = at.scheme + "://" + at.host + location
	}
	to, ok := readEndpoint(location)
	return to.scheme + "://" + to.host + to.rest, ok && to.sameOrigin(at)
}
