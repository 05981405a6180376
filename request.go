package edgeward

import (
	"context"
	"net/netip"
)

// A Request is what a door read off the wire, already canonical: one spelling
// of the path, host and method, used both for the decision and for forwarding.
// Doors build it with internal/wire/canonical; nothing behind a door reads the
// original bytes again.
//
// A Request belongs to the goroutine that serves it. Strategies and deciders
// read it and keep no reference to it after they return.
type Request struct {
	ID       string     // unique, made by the door, safe to log and to show
	Method   string     // upper case, an RFC 9110 token
	Scheme   string     // "http" or "https", as the client used it
	Host     string     // lower case, no trailing dot, no default port
	Path     string     // decoded once, absolute, no dot segments, no empty segments but a last one
	RawQuery string     // without the "?"; forwarded as it is, never a place for credentials
	ClientIP netip.Addr // unmapped and without a zone; invalid when unknown
	Header   Header     // as received; read-only
}

// Header holds header fields by their canonical names (X-Auth-Subject). It has
// the shape of http.Header, so that a door converts without a copy.
type Header map[string][]string

// First returns the first value of name, which must be canonical already, or "".
func (h Header) First(name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Set replaces the values of name, which must be canonical already.
func (h Header) Set(name, value string) { h[name] = []string{value} }

// Add appends a value to name, which must be canonical already.
func (h Header) Add(name, value string) { h[name] = append(h[name], value) }

// A Decider answers a Request. It is safe for concurrent use. It never returns
// an error: what it could not find out is a Decision that refuses.
type Decider interface {
	Decide(ctx context.Context, r *Request) Decision
}
