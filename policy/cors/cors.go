// Package cors says which other origins may call a route from a browser, and what they
// are answered.
package cors

import (
	"strings"
	"time"

	"github.com/edgeward/edgeward"
)

// CORS says which other origins may call the paths from a browser, by the
// Fetch standard §3.2. A CORS allows no origin until it is sealed; from then on it is
// immutable and safe for concurrent use.
type CORS struct {
	// Origins are exact: scheme://host[:port], lower case, without the
	// scheme's default port. "*" alone allows all, and only without
	// Credentials. There are no patterns, and "null" is refused: any sandboxed
	// frame can send it.
	Origins []string
	// Methods that a preflight may ask for. Empty means GET, HEAD and POST,
	// "*" every method, only without Credentials.
	Methods []string
	// Headers that a preflight may ask for, in any case, beyond the safelisted
	// ones. "*" means all but Authorization, only without Credentials.
	Headers []string
	// Expose lists response headers that a script may read. "*" means all,
	// only without Credentials.
	Expose []string
	// Credentials lets browsers send cookies and show the answer.
	Credentials bool
	// MaxAge is how long a browser may remember a preflight: whole seconds, at
	// most 24 hours. Zero leaves it to the browser (5 s).
	MaxAge time.Duration

	origins   map[string]*corsFields
	anyOrigin *corsFields // when Origins is "*"
	methods   map[string]bool
	anyMethod bool
	headers   map[string]bool // lower case
	anyHeader bool
}

// corsFields are the answers for one origin.
type corsFields struct{ actual, preflight edgeward.Header }

// The answers for an origin that is not allowed. A cache must not give one
// origin's answer to another, so they vary too.
var (
	varyActual    = edgeward.Header{"Vary": {"Origin"}}
	varyPreflight = edgeward.Header{"Vary": {"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}}
)

// Preflight returns the response fields for a preflight: an OPTIONS request
// from origin with Access-Control-Request-Method and
// Access-Control-Request-Headers ("" when absent, several lines joined with
// commas). What is not allowed gets Vary and nothing else, which a browser
// reads as no. The result is shared and read-only.
//
// Access-Control-Request-Private-Network is not answered, so a public page
// does not reach into a private network through Edgeward.
func (c *CORS) Preflight(origin, method, headers string) edgeward.Header {
	fields := c.of(origin)
	if fields == nil || !c.anyMethod && !c.methods[method] || !c.allowsHeaders(headers) {
		return varyPreflight
	}
	return fields.preflight
}

// Actual returns the response fields for any other request from origin, which
// may be "", whatever the answer is: a script can only tell 401 from 503 when
// errors carry them too. The result is shared and read-only.
func (c *CORS) Actual(origin string) edgeward.Header {
	fields := c.of(origin)
	if fields == nil {
		return varyActual
	}
	return fields.actual
}

// Trusts reports whether scripts of origin may act with the cookies of their
// visitor, and see what comes of it. A nil CORS trusts nobody.
func (c *CORS) Trusts(origin string) bool {
	return c != nil && c.Credentials && c.origins[origin] != nil
}

// Allows reports whether scripts of origin may call. A nil CORS allows none.
func (c *CORS) Allows(origin string) bool { return c != nil && c.of(origin) != nil }

func (c *CORS) of(origin string) *corsFields {
	if origin == "" {
		return nil
	}
	if c.anyOrigin != nil {
		return c.anyOrigin
	}
	return c.origins[origin]
}

// allowsHeaders reports whether every member of a field-name list is allowed.
// It ignores empty members (RFC 9110 §5.6.1.2).
func (c *CORS) allowsHeaders(list string) bool {
	for more := true; more; {
		var name string
		name, list, more = strings.Cut(list, ",")
		if name = strings.Trim(name, " \t"); name != "" && !c.allowsHeader(name) {
			return false
		}
	}
	return true
}

// allowsHeader lower-cases ASCII only: U+212A is not a k.
func (c *CORS) allowsHeader(name string) bool {
	var lower [maxFieldName]byte
	if len(name) > len(lower) {
		return false
	}
	for i := range len(name) {
		lower[i] = name[i]
		if b := name[i]; b >= 'A' && b <= 'Z' {
			lower[i] = b + 'a' - 'A'
		}
	}
	key := lower[:len(name)]
	// The wildcard never covers Authorization (Fetch §4.9, CORS check).
	return c.headers[string(key)] || c.anyHeader && string(key) != "authorization"
}
