package door

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// forwardedFor makes the value of X-Forwarded-For.
type forwardedFor struct {
	trusted *clientip.Trusted
	peer    netip.Addr
}

// SetUpstreamHeader makes h the header that the application behind the door sees, by the
// one rule of all doors: see [identity.Fields].
//
// h must be a copy of the request's header.
func (v *Visit) SetUpstreamHeader(h http.Header) {
	r := &v.Request
	v.fields.SetUpstreamHeader(edgeward.Header(h), identity.Forwarded{
		For:       v.chain.trusted.Chain(v.chain.peer, r.Header),
		Proto:     r.Scheme,
		Host:      r.Host,
		RequestID: r.ID,
		Prefix:    v.Prefix,
	}, &v.Decision)
}

// EditResponse changes h, the header of what the upstream answers, as the route says. It
// comes before SetResponseHeader, which has the last word.
func EditResponse(h http.Header, v *Visit) {
	if f := v.Decision.Forwarding; f != nil {
		identity.Edit(edgeward.Header(h), &f.Response)
	}
}

// EditsResponse reports whether [EditResponse] changes anything.
func EditsResponse(v *Visit) bool {
	f := v.Decision.Forwarding
	return f != nil && len(f.Response.Set)+len(f.Response.Remove) > 0
}

// complete adds to h, the header of an answer of our own, what the route sets on its
// upstream's: HSTS holds for every answer of a host. What we say ourselves stays.
func complete(h http.Header, v *Visit) {
	if f := v.Decision.Forwarding; f != nil {
		identity.Complete(edgeward.Header(h), &f.Response)
	}
}

// SetResponseHeader sets on h, the header of an answer, the request's id and the response
// fields of the decision. Where the edge speaks CORS, it is the only one who
// does: an application that answers "*" beside it would open what the route
// closes. The connection ends after a request that could have been framed in two
// ways.
func SetResponseHeader(h http.Header, v *Visit) {
	response := v.Decision.Response
	if speaksCORS(response) {
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				delete(h, name)
			}
		}
	}
	if len(response["Set-Cookie"]) > 0 {
		ForbidSharedCaching(h)
	}
	for name, values := range response {
		switch name {
		case "Vary", "Set-Cookie", "Www-Authenticate": // lists, to which both may add
			h[name] = slices.Concat(h[name], values)
		default:
			h[name] = slices.Clone(values)
		}
	}
	h[HeaderRequestID] = []string{v.Request.ID}
	if v.unsafe {
		h.Set("Connection", "close")
	}
}

// ForbidSharedCaching forbids every cache to keep an answer that brings one client a
// credential, whatever the application says of its page: Set-Cookie does not
// stop a cache (RFC 9111 §7.3), and the next client would be given it. Caches
// that serve a site have fields of their own, which outweigh Cache-Control (RFC
// 9213).
func ForbidSharedCaching(h http.Header) {
	for name := range h {
		if identity.IsOfCaches(name) {
			delete(h, name)
		}
	}
	h.Set("Cache-Control", "no-store")
}

// speaksCORS reports whether the route has CORS rules. What they answer varies
// with Origin even when it grants nothing.
func speaksCORS(response edgeward.Header) bool {
	return slices.Contains(response["Vary"], "Origin")
}
