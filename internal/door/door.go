// Package door is what all doors have in common. It reads an HTTP request into
// the one spelling that is decided upon and forwarded, has it decided, tells
// whoever watches, and turns a refusal into an answer.
//
// It is the only place where net/http and the language of Edgeward meet. A
// request that cannot be read in one way never reaches the decider: the door
// refuses it by itself, with the same kind of [edgeward.Decision] as anybody
// else would.
package door

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/page"
)

// An Observer is told what happens at a door. Its methods are called by the
// goroutine that serves the request, so they neither block nor keep r or d. It
// is safe for concurrent use.
type Observer interface {
	// Decided is called once a request, also for one that the door refused
	// before the decider saw it; took is the time that reading and deciding
	// took. Of a request that could not be read only some fields of r are set.
	Decided(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration)
	// Failed is called when something broke after an allowing decision: the
	// upstream did not answer, or broke off its answer. err is for the log.
	Failed(ctx context.Context, r *edgeward.Request, err error)
}

// An EndpointObserver is an Observer that tells Edgeward's own endpoints from
// doors. Served is called for them in place of Decided: took holds the whole work
// of an endpoint then, a provider's answer and the store's writes included.
type EndpointObserver interface {
	Observer
	Served(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration)
}

// A Door reads requests and has them decided. The zero value refuses
// everything. It is safe for concurrent use once it is set up.
type Door struct {
	Decider  edgeward.Decider
	Trusted  *clientip.Trusted // proxies that are believed; nil trusts nobody
	Observer Observer          // nil watches nothing
	Endpoint bool              // the decider does the work of an endpoint of ours
	Hosts    *canonical.Hosts  // nil: every host; for [Door.OnlyHosts]
	Fields   *identity.Fields  // what travels on beside the ordinary; nil: nothing
	Pages    *page.Look        // how what users are answered looks
	// Vet looks at what was decided, and refuses it all the same: an error does. nil
	// refuses nothing.
	Vet func(v *Visit) error
}

// A Visit is one request at a door and what was decided about it. It ends when
// the door has answered.
type Visit struct {
	Request  edgeward.Request
	Decision edgeward.Decision
	Prefix   string // escaped, of the path: the upstream does not see it, and is told

	chain  forwardedFor
	fields *identity.Fields
	pages  *page.Look
	unsafe bool // the connection must not be used again
}

// NewVisit returns a visit about which nothing is known and nothing decided.
func NewVisit() *Visit { return &Visit{Request: edgeward.Request{ID: newID()}} }

// A Reading fills the request of a visit from what arrived. An error refuses
// the visit; it wraps a Reason, or nothing could be told.
type Reading func(hr *http.Request, v *Visit) error

// Receive reads hr as the request that the client sent, and decides.
func (d *Door) Receive(hr *http.Request) *Visit { return d.ReceiveBy(hr, d.Read) }

// ReceiveBy decides about what read makes of hr.
func (d *Door) ReceiveBy(hr *http.Request, read Reading) *Visit {
	start := time.Now()
	v := NewVisit()
	v.unsafe, v.fields, v.pages = ambiguous(hr), d.Fields, d.Pages
	if err := read(hr, v); err != nil {
		v.Decision = edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err}
	} else {
		v.Decision = d.decide(hr.Context(), &v.Request)
		d.vet(v)
	}
	d.observe(hr.Context(), v, time.Since(start))
	return v
}

func (d *Door) vet(v *Visit) {
	if d.Vet == nil {
		return
	}
	if err := d.Vet(v); err != nil {
		v.Decision = edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err, Host: v.Decision.Host, Route: v.Decision.Route}
	}
}

func (d *Door) observe(ctx context.Context, v *Visit, took time.Duration) {
	if d.Observer == nil {
		return
	}
	if o, ok := d.Observer.(EndpointObserver); ok && d.Endpoint {
		o.Served(ctx, &v.Request, &v.Decision, took)
		return
	}
	d.Observer.Decided(ctx, &v.Request, &v.Decision, took)
}

// decide asks the decider, and takes neither its panic nor a contradiction for
// a yes. A decider that is missing panics, too.
func (d *Door) decide(ctx context.Context, r *edgeward.Request) (decision edgeward.Decision) {
	defer func() {
		if v := recover(); v != nil {
			decision = edgeward.Decision{Err: Panicked(v)}
		}
	}()
	decision = d.Decider.Decide(ctx, r)
	if !decision.Allow && decision.Reason.Status() < 400 && decision.Reason != edgeward.Preflight {
		return edgeward.Decision{Err: fmt.Errorf("door: refused for the reason %q, which allows", decision.Reason.Error())}
	}
	return decision
}

// Panicked describes a panic for the log. The value itself can hold a token,
// so only its type is told, and where it happened; the runtime's own errors,
// such as an index out of range, quote no strings.
func Panicked(v any) error {
	what := fmt.Sprintf("%T", v)
	if err, ok := v.(interface{ RuntimeError() }); ok {
		what = fmt.Sprint(err)
	}
	return fmt.Errorf("door: panic: %s\n%s", what, debug.Stack())
}
