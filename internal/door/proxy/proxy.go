// Package proxy is the reverse-proxy door: what is allowed travels on to an
// upstream, under the same path that was decided upon, and says who is asking.
//
// It is [httputil.ReverseProxy] with Rewrite, which removes the hop-by-hop
// fields before this package sets any, and with the edge's own rules around
// it. Bodies stream in both directions; Server-Sent Events are flushed as they
// come, WebSockets are passed through. Nothing here limits how long an answer
// may take once it has begun, as long as the client takes what there is; a body
// has to come at a minimum rate.
package proxy

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"sync"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/upstream"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// A Config says how to proxy. A Proxy of the zero Config refuses everything.
type Config struct {
	Decider  edgeward.Decider
	Trusted  *clientip.Trusted // proxies in front that are believed; nil: none
	Observer door.Observer     // nil watches nothing
	Fields   *identity.Fields  // what travels on beside the ordinary; nil: nothing
	Pages    *page.Look        // how what users are answered looks
	// Exchanges ends what outlives its identity; nil ends nothing. Share one
	// between the proxies of successive configurations.
	Exchanges *door.Exchanges
	// Upstream is the base URL, or the name of an upstream, for routes that name none.
	// When it is empty they are answered 502.
	Upstream string
	// Upstreams are those with a name.
	Upstreams map[string]*upstream.Pool
	// Transport carries requests to upstreams that are a URL; nil means a new
	// [upstream.Transport]. Share one between the proxies of successive
	// configurations, so that a reload keeps the connections.
	Transport http.RoundTripper
}

// A Proxy is an [http.Handler], safe for concurrent use.
type Proxy struct {
	door      door.Door
	exchanges *door.Exchanges
	fallback  *upstream.Pool // nil: none
	named     map[string]*upstream.Pool
	transport http.RoundTripper
	byURL     sync.Map // base URL → *upstream.Pool; they come from the configuration, so they are few
}

// New checks cfg and returns the Proxy. It starts nothing.
func New(cfg Config) (*Proxy, error) {
	p := &Proxy{
		door:      door.Door{Decider: cfg.Decider, Trusted: cfg.Trusted, Observer: cfg.Observer, Fields: cfg.Fields, Pages: cfg.Pages},
		exchanges: cfg.Exchanges,
		named:     cfg.Upstreams,
		transport: cfg.Transport,
	}
	if p.transport == nil {
		p.transport = upstream.NewTransport()
	}
	if cfg.Upstream != "" {
		var err error
		if p.fallback, err = p.pool(cfg.Upstream); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// ServeHTTP implements [http.Handler].
func (p *Proxy) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	v := p.door.Receive(hr)
	if !v.Decision.Allow {
		door.Refuse(w, hr, v)
		return
	}
	pool, err := p.pool(v.Decision.Target)
	if err != nil {
		p.failed(hr.Context(), v, err)
		door.Fail(w, hr, v, problem.BadGateway)
		return
	}
	path, stripped, err := canonical.Rewrite(v.Request.Path, v.Decision.Forwarding)
	if err != nil {
		door.Fail(w, hr, v, problem.BodyBroken)
		return
	}
	v.Prefix = canonical.EscapePath(stripped)
	held, _, over := p.exchanges.Hold(w, hr, v.Decision.Identity)
	defer over()
	x := &exchange{
		proxy: p, visit: v, in: hr, held: held, w: client{ResponseWriter: w, control: http.NewResponseController(w), early: hr.ProtoAtLeast(1, 1)},
		trip: upstream.Trip{Pool: pool, Request: &v.Request, Path: path},
	}
	if f := v.Decision.Forwarding; f != nil {
		x.trip.Timeout, x.maxBody = f.Timeout, f.MaxBody
	}
	if x.maxBody > 0 && hr.ContentLength > x.maxBody {
		door.Fail(w, hr, v, problem.BodyTooLarge)
		return
	}
	defer x.trip.Done()
	defer func() { x.body.over() }()
	defer x.recover()
	x.carrier = httputil.ReverseProxy{
		Transport:      &x.trip,
		Rewrite:        x.rewrite,
		ModifyResponse: x.modifyResponse,
		ErrorHandler:   x.fail,
		BufferPool:     buffers{},
		ErrorLog:       silent, // what it would say is told to the observer
	}
	if held != hr.Context() {
		hr = hr.WithContext(held)
	}
	x.carrier.ServeHTTP(&x.w, hr)
	x.w.expect() // the server sends what it has not sent yet
}

var silent = log.New(io.Discard, "", 0)

// pool finds where a decision sends a request. Each URL is parsed once.
func (p *Proxy) pool(target string) (*upstream.Pool, error) {
	if target == "" {
		if p.fallback == nil {
			return nil, fmt.Errorf("proxy: the route names no upstream and there is no default")
		}
		return p.fallback, nil
	}
	if named, ok := p.named[target]; ok {
		return named, nil
	}
	if u, ok := p.byURL.Load(target); ok {
		return u.(*upstream.Pool), nil
	}
	u, err := upstream.ForURL(target, p.transport)
	if err != nil {
		return nil, err
	}
	p.byURL.Store(target, u)
	return u, nil
}

func (p *Proxy) failed(ctx context.Context, v *door.Visit, err error) {
	if p.door.Observer != nil {
		p.door.Observer.Failed(ctx, &v.Request, err)
	}
}
