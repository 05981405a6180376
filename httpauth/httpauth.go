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
//     context. On a public route, where nobody is asked, it returns none.
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
//     but that of a WebSocket: h2c would bring requests that nobody decided on.
//   - The credential is gone from the header unless the route forwards it, so
//     that it cannot leak into a log or to another service.
//   - X-Request-Id is set, on the request and on the answer.
//
// The ResponseWriter is the server's own, or stands before it: flushing,
// hijacking and [http.ResponseController] work. A panic of the handler propagates
// as if the middleware were not there. A panic of the decider is a refusal.
//
// With [Config.Exchanges] the request's context is cancelled when the identity
// is taken back or expires while the handler runs, reading from and writing to
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
	"maps"
	"net/http"
	"net/netip"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
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
	// Exchanges ends what outlives its identity: a WebSocket, an event stream, a
	// long download. Nil ends nothing: what was allowed goes on. Share one between
	// all middlewares of a program, and run it.
	Exchanges *Exchanges
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
	// Observe, if not nil, is called once a request with what was decided and
	// how long that took, also when the request could not even be read. It is
	// called by many goroutines at once and keeps neither r nor d.
	Observe func(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration)
}

// Exchanges are those that are open, by whom. Its Alive says of an identity
// whether it was taken back; a revocation log's Check does. It ends nothing
// unless its Run runs.
type Exchanges = door.Exchanges

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
	return func(next http.Handler) http.Handler { return shared.OnlyHosts(&guard{shared, cfg.Exchanges, next}) }, nil
}

// A guard stands before one handler.
type guard struct {
	door      *door.Door
	exchanges *Exchanges
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
	if private || taken {
		own := &writer{ResponseWriter: w, private: private, exchange: exchange}
		defer own.keep() // when the handler writes nothing
		w = own
	}
	g.next.ServeHTTP(w, forHandler(ctx, hr, v))
}

// mayTakeOver reports whether a handler has a reason to take over the connection.
func mayTakeOver(hr *http.Request) bool { return len(hr.Header["Upgrade"]) > 0 }

// forHandler returns hr as the handler sees it, in ctx. hr itself is not changed:
// it belongs to whoever called the middleware.
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

type observer func(context.Context, *edgeward.Request, *edgeward.Decision, time.Duration)

func (o observer) Decided(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration) {
	o(ctx, r, d, took)
}

func (o observer) Failed(context.Context, *edgeward.Request, error) {}
