package canonical

import (
	"strings"

	"github.com/edgeward/edgeward"
)

// Rewrite returns the path that an upstream sees where f forwards the canonical
// path, and what of path was removed at its beginning, "" for nothing. A result
// that is not canonical itself, or too long, is refused with
// [edgeward.MalformedRequest]: what was decided on has one reading, and so has
// what is forwarded. A nil f changes nothing.
func Rewrite(path string, f *edgeward.Forwarding) (to, stripped string, err error) {
	if f == nil || f.StripPrefix == "" && f.AddPrefix == "" {
		return path, "", nil
	}
	to = path
	if n := prefixOf(path, strings.TrimSuffix(f.StripPrefix, "/"), f.IgnoreCase); n > 0 {
		stripped, to = path[:n], path[n:]
	}
	if to = strings.TrimSuffix(f.AddPrefix, "/") + to; to == "" {
		to = "/"
	}
	again, err := Path(EscapePath(to))
	if err == nil && again != to {
		err = malformed("path is another one once it is rewritten")
	}
	return to, stripped, err
}

// prefixOf returns the length of prefix if path is it or lies below it, else 0.
func prefixOf(path, prefix string, ignoreCase bool) int {
	n := len(prefix)
	if len(path) < n || len(path) > n && path[n] != '/' {
		return 0
	}
	if path[:n] == prefix || ignoreCase && equalFold(path[:n], prefix) {
		return n
	}
	return 0
}

// equalFold compares a and b, of one length, without regard to the case of ASCII
// letters.
func equalFold(a, b string) bool {
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
