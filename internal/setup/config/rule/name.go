package rule

import (
	"strings"
	"unicode/utf8"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// ProviderName wants what stands in links and logs.
func ProviderName(s string) *document.Fault {
	if !isName(s, 32, "-") {
		return document.Faultf("up to 32 small letters, digits and -", "%q cannot name a provider", s)
	}
	return nil
}

// UpstreamName wants a label, which cannot be taken for a URL or a host.
func UpstreamName(s string) *document.Fault {
	if !isName(s, 64, "-_") {
		return document.Faultf("up to 64 small letters, digits, - and _", "%q cannot name an upstream", s)
	}
	return nil
}

// Environment wants what keys can carry between their underscores.
func Environment(s string) *document.Fault {
	if !isName(s, 16, "") {
		return document.Faultf("1 to 16 small letters and digits", "%q cannot be part of a key", s)
	}
	return nil
}

// isName reports whether s is up to most small letters and digits, and also signs
// that do not come first.
func isName(s string, most int, also string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyz0123456789"
	return s != "" && len(s) <= most && strings.Trim(s[:1], plain) == "" && strings.Trim(s, plain+also) == ""
}

// Scope wants a scope-token: with a space in it, it would be two.
func Scope(s string) *document.Fault {
	if !edgeward.IsScopeToken(s) {
		return document.Faultf("one scope an item", "%q is not a scope-token (RFC 6749 §3.3)", s)
	}
	return nil
}

// CookieName wants an RFC 6265 §4.1.1 cookie-name, a token.
func CookieName(s string) *document.Fault {
	if strings.ContainsFunc(s, func(r rune) bool {
		return r > '~' || !strings.ContainsRune("!#$%&'*+-.^_`|~", r) && !isAlphanumeric(r)
	}) {
		return document.Faultf("letters, digits, - and _", "%q cannot be the name of a cookie", s)
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// hostPrefix is what keeps a cookie to one host and to HTTPS (RFC 6265bis
// §4.1.3.2).
const hostPrefix = "__Host-"

// SessionCookie wants a name that a browser keeps, and keeps safe.
func SessionCookie(name string, insecure bool) *document.Fault {
	switch secure := strings.HasPrefix(name, hostPrefix); {
	case insecure && secure:
		return document.Faultf("leave it out, or remove "+hostPrefix, "without HTTPS a browser keeps no cookie with that name")
	case !insecure && !secure:
		return document.Faultf("leave it out, or write "+hostPrefix+name, "a neighbouring host could plant a cookie with that name")
	}
	return nil
}

// MediaType wants a typ value in the form in which a header is compared.
func MediaType(s string) *document.Fault {
	normal := strings.TrimPrefix(strings.ToLower(s), "application/")
	switch {
	case normal != s:
		return document.Faultf("write "+normal, "%q is compared in lower case and without application/", s)
	case document.Printable(s) != s || strings.ContainsAny(s, " ,;"):
		return document.Faultf("", "this is not a media type")
	}
	return nil
}

// FurtherAudience wants another name than our own, which ID tokens have to hold
// anyway, and no pattern, which would match nothing.
func FurtherAudience(s, clientID string) *document.Fault {
	switch {
	case s == clientID && clientID != "":
		return document.Faultf("remove it", "client_id is in aud anyway; audiences are the further ones")
	case s == "*":
		return document.Faultf("name them", "audiences are compared exactly, there is no pattern")
	}
	return nil
}

// maxSiteName bounds a name, in characters: it stands above every page.
const maxSiteName = 60

// SiteName wants what fits above a page.
func SiteName(s string) *document.Fault {
	if utf8.RuneCountInString(s) > maxSiteName {
		return document.Faultf("at most 60 characters", "this name is too long to stand above a page")
	}
	return nil
}
