package policy

import (
	"time"

	"github.com/edgeward/edgeward"
)

// CORS says which other origins may call the paths from a browser, by the
// Fetch standard §3.2. A CORS allows nobody until [Build] has checked it and
// put it into a [Route]; from then on it is immutable.
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
}

// Preflight returns the response fields for a preflight: an OPTIONS request
// from origin with Access-Control-Request-Method and
// Access-Control-Request-Headers ("" when absent, several lines joined with
// commas). What is not allowed gets Vary and nothing else, which a browser
// reads as no. The result is shared and read-only.
func (c *CORS) Preflight(origin, method, headers string) edgeward.Header { return nil }

// Actual returns the response fields for any other request from origin, which
// may be "", whatever the answer is: a script can only tell 401 from 503 when
// errors carry them too. The result is shared and read-only.
func (c *CORS) Actual(origin string) edgeward.Header { return nil }
