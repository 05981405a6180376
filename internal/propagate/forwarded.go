package propagate

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
)

const requestID = "x-request-id"

// families are the prefixes of what proxies say of a request.
var families = []string{"x-forwarded-", "x-original-", "x-rewrite-"}

// addresses are what proxies and content delivery networks call the client's
// address. Applications believe them without asking who sent them.
var addresses = []string{
	"x-real-ip", "true-client-ip", "cf-connecting-ip", "cf-connecting-ipv6", "fastly-client-ip",
	"x-client-ip", "client-ip", "x-cluster-client-ip",
}

// StripForwarded removes every field in which a proxy tells where a request
// came from, in any spelling: Forwarded, X-Forwarded-*, X-Original-*,
// X-Rewrite-*, X-Request-Id, and X-Real-IP and the other names of the client's
// address (True-Client-IP, CF-Connecting-IP …), which X-Forwarded-For tells.
// Upstreams route on X-Original-URL and X-Rewrite-URL after the gateway has
// decided on another path.
func StripForwarded(h edgeward.Header) {
	for name := range h {
		if IsForwarded(name) || equal(name, requestID) {
			delete(h, name)
		}
	}
}

// IsForwarded reports whether name is of the forwarded family, under the
// folding that [Strip] documents.
func IsForwarded(name string) bool {
	if name == "" || !strings.ContainsRune("xtcf", rune(fold(name[0]))) {
		return false // as most fields of a request: none of the names below begins so
	}
	return equal(name, "forwarded") ||
		slices.ContainsFunc(families, func(prefix string) bool { return hasPrefix(name, prefix) }) ||
		slices.ContainsFunc(addresses, func(a string) bool { return equal(name, a) })
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
