package door

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy"
)

var (
	errCase    = fmt.Errorf("worker: path has a letter beyond ASCII with case, and Pages ignores case: %w", edgeward.MalformedRequest)
	errEncoded = fmt.Errorf("worker: path has an encoded character that needs no encoding, which hides it from functions of Pages: %w", edgeward.MalformedRequest)
)

// inPages returns r with the path by which Pages finds functions for url. It
// looks for them by a regular expression that ignores case, in the path as it
// came, before anything is decoded: GET /API/x runs functions/api/x.js, and
// /%61pi/x does not. So case is folded in the routes and in the path, and
// what is encoded without need is refused: with open/admin open to all and
// functions/open/[id].js closed, GET /open/%61dmin would run the latter as the
// former.
func inPages(r *edgeward.Request, url string) (*edgeward.Request, error) {
	path, _, _ := strings.Cut(url, "?")
	for rest := path; ; {
		var encoded bool
		if _, rest, encoded = strings.Cut(rest, "%"); !encoded {
			break
		}
		if needless(rest) {
			return nil, errEncoded
		}
	}
	folded, ok := policy.Fold(r.Path)
	if !ok {
		return nil, errCase
	}
	routed := *r
	routed.Path = folded
	return &routed, nil
}

// urlEncodes are the printable characters of ASCII that the platform encodes
// itself (WHATWG URL, path percent-encode set), and the sign that encodes.
const urlEncodes = " \"<>`{}%"

// needless reports whether the two hexadecimal digits that s begins with encode
// a character that may stand in a path as it is.
func needless(s string) bool {
	c, err := strconv.ParseUint(s[:min(len(s), 2)], 16, 8)
	return err != nil || c < 0x80 && !strings.ContainsRune(urlEncodes, rune(c))
}
