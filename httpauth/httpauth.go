// Package httpauth puts Edgeward into a Go program: a middleware that lets a
// request through to your handler only when an [edgeward.Decider] allows it,
// and tells the handler who is asking.
//
//	auth, err := httpauth.New(decider, httpauth.Config{})
//	...
//	http.ListenAndServe(":8080", auth(app))
//
// # What a handler can rely on
//
// A handler behind the middleware sees what an application behind Edgeward's
// reverse proxy sees, so that one can take the place of the other:
//
//   - It runs only for an allowed request. Everything else was answered before:
//     refusals with application/problem+json, or with a page when a browser
//     navigates; CORS preflights with 204.
//   - [edgeward.IdentityFrom] returns the proven identity from the request's
//     context. On a public route, which wants no credential, it returns none.
//   - The X-Auth-* fields of the request hold the same identity. Whatever the
//     client sent under such names, in any spelling, is gone.
//   - URL.Path is the path that was decided upon, RawPath is empty, and Host is
//     canonical. There are no dot segments, no double slashes and no encoded
//     slashes to trip over; a request with any of them got a 400. RequestURI
//     stays as it was on the wire.
//   - X-Forwarded-* say what Edgeward knows. They are rebuilt, not passed on, and
//     other names of the client's address (X-Real-IP, True-Client-IP …) are
//     gone; RemoteAddr stays the address of the connection. Trailers are gone,
//     too.
//   - Fields with a sign other than "-" in their names are gone: X_Auth_Subject,
//     Content_Length. So are those that are for one connection, and every Upgrade
//     but that of a WebSocket: h2c would bring requests without a decision.
//   - The credential is gone from the header unless the route forwards it, so
//     that it cannot leak into a log or to another service.
//   - X-Request-Id is set, on the request and on the answer.
//
// The ResponseWriter is the server's own, or stands before it: flushing,
// hijacking and [http.ResponseController] work. A panic of the handler propagates
// as if the middleware were not there. A panic of the decider is a refusal.
//
// With [Config.OpenRequests] the request's context is cancelled when the identity
// is revoked or expires while the handler runs, reading from and writing to
// the client fail from then on, and a connection that the handler took over is
// closed. A handler that waits for something else than the client watches its
// context.
//
// # Where to put it
//
// Around everything. What is decided is the URL as the middleware sees it: a
// handler that rewrites the URL belongs outside of the middleware, never
// between it and what it protects. Inside, [http.StripPrefix] and a mux are
// fine, because they choose among handlers and take no new path from the client.
// Where a route has CORS rules, the middleware has set the Access-Control-* and
// Vary fields of the answer already: leave them alone.
package httpauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/middleware"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// A Config says how to read requests. The zero value is safe: it believes no
// forwarded address, and watches nothing.
type Config struct {
	// TrustedProxies are the proxies in front of the program. Only theirs are
	// the X-Forwarded-For and X-Forwarded-Proto fields that are believed. A
	// prefix that covers every address is refused.
	TrustedProxies []netip.Prefix
	// ClientNetworks are the private networks, within TrustedProxies or not,
	// whose clients connect by their own addresses. Every other peer of a private
	// network or this machine may be a balancer, so that its client is unknown:
	// its failed attempts are not counted, and API keys bound to networks are
	// refused.
	ClientNetworks []netip.Prefix
	// OpenRequests ends requests that outlive their identity: a WebSocket, an
	// event stream, a long download. Nil ends nothing: what was allowed goes on.
	// Share one between all middlewares of a program, and run it.
	OpenRequests *OpenRequests
	// Hosts are the hosts that the handler is for, without a port: exact names, and
	// "*.example.com" for all below. Requests to another one are refused with 421.
	// None means every host.
	Hosts []string
	// ForwardHeaders names request fields that the handler gets although they
	// would be removed: ones with a sign other than "-", which look like another
	// field to a server that cannot tell them apart, and ones that start with
	// X-Auth- and are none of Edgeward's. A name that is read as a field with a
	// meaning is refused.
	ForwardHeaders []string
	// Cookies names further cookies that carry credentials of Edgeward's, such as
	// a session under another name than the usual one. Like those it knows, they
	// never reach the handler.
	Cookies []string
	// Observe, if not nil, is called once a request, also when it could not even
	// be read, by the goroutine that serves it: it does not block.
	Observe func(ctx context.Context, o Observation)
}

// An Observation is a request and what was decided about it. It may be kept; what
// its maps hold is shared and read-only.
type Observation struct {
	Request  edgeward.Request // of one that could not be read only some fields are set
	Decision edgeward.Decision
	Took     time.Duration // to read the request and to decide
}

// New returns a middleware that asks d about every request.
func New(d edgeward.Decider, cfg Config) (func(http.Handler) http.Handler, error) {
	if d == nil {
		return nil, errors.New("httpauth: there is no decider")
	}
	trusted, err := clientip.New(cfg.TrustedProxies)
	if err == nil {
		trusted, err = trusted.WithClients(cfg.ClientNetworks)
	}
	if err != nil {
		return nil, err
	}
	fields, err := identity.NewFields(cfg.ForwardHeaders, cfg.Cookies)
	if err != nil {
		return nil, fmt.Errorf("httpauth: %w", err)
	}
	hosts, err := canonical.NewHosts(cfg.Hosts)
	if err != nil {
		return nil, fmt.Errorf("httpauth: %w", err)
	}
	shared := &door.Door{Decider: d, Trusted: trusted, Hosts: hosts, Fields: fields}
	if cfg.Observe != nil {
		shared.Observer = observer(cfg.Observe)
	}
	return middleware.New(shared, cfg.OpenRequests.exchanges()), nil
}

type observer func(context.Context, Observation)

func (o observer) Decided(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration) {
	o(ctx, Observation{*r, *d, took})
}

func (o observer) Failed(context.Context, *edgeward.Request, error) {}
