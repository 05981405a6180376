package rule

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// reserved are first names of paths that something else has: our other endpoints,
// those that RFC 8615 keeps, and Cloudflare's.
var reserved = []string{"oauth", ".well-known", "verify", "v1", "console", "healthz", "readyz", "metrics", "cdn-cgi"}

// maxUserPrefix bounds a prefix, in bytes: it stands in every redirect.
const maxUserPrefix = 64

// UserPrefix wants a path that every front, browser and provider reads alike, and
// that no other endpoint stands at: a request there would be answered by whichever
// is found first.
func UserPrefix(s string) *document.Fault {
	const example = "like this: /auth, /.edgeward or /_sso/auth"
	path, err := canonical.Path(s)
	switch {
	case s == "/":
		return document.Faultf(example, "below / every path could be an endpoint's, and none was the application's")
	case err != nil || path != s || strings.HasSuffix(s, "/") || strings.Trim(s, unreserved) != "" || len(s) > maxUserPrefix:
		return document.Faultf(example, "%q is not a path of letters, digits and -._~ without a slash at its end, of at most 64 bytes", s)
	}
	if first, _, _ := strings.Cut(s[1:], "/"); slices.Contains(reserved, first) {
		return document.Faultf("choose another one, "+example, "/%s belongs to other endpoints", first)
	}
	return nil
}

// unreserved are the characters that no reader encodes (RFC 3986 §2.3), and the slash.
const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"
