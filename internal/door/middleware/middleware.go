// Package middleware is the door inside of a Go program: package httpauth says
// what a handler behind it can rely on.
package middleware

import (
	"context"
	"maps"
	"net/http"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
)

// New returns a middleware at d. Exchanges, nil for none, end what outlives its
// identity.
func New(d *door.Door, exchanges *door.Exchanges) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler { return d.OnlyHosts(&guard{d, exchanges, next}) }
}

// A guard stands before one handler.
type guard struct {
	door      *door.Door
	exchanges *door.Exchanges
	next      http.Handler
}

// ServeHTTP implements [http.Handler].
func (g *guard) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	v := g.door.Receive(hr)
	if !v.Decision.Allow {
		door.Refuse(w, hr, v)
		return
	}
	ctx, exchange, over := g.exchanges.Hold(w, hr, v.Decision.Identity)
	defer over()
	door.SetResponseHeader(w.Header(), v)
	private, taken := len(v.Decision.Response["Set-Cookie"]) > 0, exchange != nil && mayTakeOver(hr)
	if edited := door.EditsResponse(v); private || taken || edited {
		own := &writer{ResponseWriter: w, private: private, exchange: exchange}
		if edited {
			own.visit = v
		}
		defer own.keep() // when the handler writes nothing
		w = own
	}
	g.next.ServeHTTP(w, forHandler(ctx, hr, v))
}

// mayTakeOver reports whether a handler has a reason to take over the connection.
func mayTakeOver(hr *http.Request) bool { return len(hr.Header["Upgrade"]) > 0 }

// forHandler returns hr as the handler sees it, in ctx. hr itself is not changed:
// it belongs to the caller of the middleware.
func forHandler(ctx context.Context, hr *http.Request, v *door.Visit) *http.Request {
	// Also when there is no identity: a public route shows none, not that of
	// another middleware further out.
	out := hr.WithContext(edgeward.WithIdentity(ctx, v.Decision.Identity))
	out.Header = maps.Clone(hr.Header)
	v.SetUpstreamHeader(out.Header)
	// A trailer field could pass for an identity field in a handler that merges
	// the two. The server fills its own request's when the body has been read.
	out.Trailer = nil
	out.Host = v.Request.Host
	if hr.URL.RawPath != "" || hr.URL.Path != v.Request.Path {
		// Routers that prefer RawPath would take another spelling of the path.
		u := *hr.URL
		u.Path, u.RawPath = v.Request.Path, ""
		out.URL = &u
	}
	return out
}
