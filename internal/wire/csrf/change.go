package csrf

import "github.com/edgeward/edgeward"

// Changes reports whether r may change something: every method does but those
// that RFC 9110 §9.2.1 calls safe. TRACE is safe, too, and never gets so far.
func Changes(r *edgeward.Request) bool {
	switch r.Method {
	case "GET", "HEAD", "OPTIONS":
		return false
	}
	return true
}
