package propagate

import "github.com/edgeward/edgeward"

const requestID = "x-request-id"

// StripForwarded removes every field in which a proxy tells where a request
// came from, in any spelling: Forwarded, X-Forwarded-*, X-Original-*, X-Real-IP,
// X-Rewrite-*, and X-Request-Id. Upstreams route on X-Original-URL and
// X-Rewrite-URL after the gateway has decided on another path.
func StripForwarded(h edgeward.Header) {
	for name := range h {
		if isForwarded(name) || equal(name, requestID) {
			delete(h, name)
		}
	}
}

func isForwarded(name string) bool {
	switch {
	case hasPrefix(name, "x-forwarded-"), hasPrefix(name, "x-original-"), hasPrefix(name, "x-rewrite-"):
		return true
	}
	return equal(name, "forwarded") || equal(name, "x-real-ip")
}

// Forwarded is what a gateway tells the upstream about the request it forwards.
type Forwarded struct {
	For       string // X-Forwarded-For: clientip's chain; "" sets none
	Proto     string // "http" or "https"
	Host      string // canonical
	RequestID string
}

// Set replaces the forwarded family of h by f.
func (f Forwarded) Set(h edgeward.Header) {
	StripForwarded(h)
	if f.For != "" {
		h.Set("X-Forwarded-For", f.For)
	}
	h.Set("X-Forwarded-Proto", f.Proto)
	h.Set("X-Forwarded-Host", f.Host)
	h.Set("X-Request-Id", f.RequestID)
}
