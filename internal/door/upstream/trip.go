package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"syscall"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// ErrBusy is that all connections which max_connections allows are in use.
var ErrBusy = errors.New("upstream: all connections that max_connections allows are in use")

// errNoWebSocket is that a WebSocket was asked for where HTTP/2 alone is spoken: the
// handshake of HTTP/1.1 does not exist there.
var errNoWebSocket = errors.New("upstream: a WebSocket cannot be opened where only HTTP/2 is spoken (http2: true)")

// errLate is that an answer did not begin in time.
var errLate error = lateError{}

type lateError struct{}

func (lateError) Error() string   { return "upstream: the answer did not begin in time" }
func (lateError) Timeout() bool   { return true }
func (lateError) Temporary() bool { return true }

// A Body is what a client sends, as far as a Trip has to know.
type Body interface {
	// Hold keeps the transport from closing the body, until it is called with false: a
	// server that could not be connected to has read none of it.
	Hold(held bool)
	// Broken reports whether the client is to blame for what could not be read.
	Broken() bool
}

// A Trip is one request on its way to a pool. It is an [http.RoundTripper] for
// that request alone. Begin comes first, Done last.
type Trip struct {
	Pool    *Pool
	Request *edgeward.Request // as it was decided on
	Path    string            // that the upstream sees, canonical
	Timeout time.Duration     // for the beginning of an answer; 0 is the pool's
	Body    Body              // nil: there is none

	backend *backend
	cancel  context.CancelCauseFunc // of the attempt that was answered
}

// Begin chooses a server and points out at it.
func (t *Trip) Begin(out *http.Request) {
	t.to(t.Pool.choose(nil))
	t.Pool.aim(out, t.backend, t.Request, t.Path)
}

// to makes b the server that the request is under way to.
func (t *Trip) to(b *backend) {
	if t.backend != nil {
		t.backend.pending.Add(-1)
	}
	t.backend = b
	b.pending.Add(1)
}

// Done ends the trip once nothing of the answer is read any more.
func (t *Trip) Done() {
	if t.backend == nil {
		return
	}
	t.backend.pending.Add(-1)
	if t.cancel != nil {
		t.cancel(nil)
	}
}

// String names the server for messages.
func (t *Trip) String() string {
	if t.backend == nil {
		return t.Pool.name
	}
	return t.Pool.label(t.backend)
}

// RoundTrip implements [http.RoundTripper]. What is safe to repeat is repeated, once,
// at another server: what failed before anything of it was sent, and an idempotent
// request without a body (RFC 9110 §9.2.2) whose answer has not begun. A time-out
// is not a failure of that kind: the server is at work on the request, and a
// second one would be at the same work.
func (t *Trip) RoundTrip(out *http.Request) (*http.Response, error) {
	if t.Pool.plain && t.Timeout == 0 {
		return t.Pool.carrier.RoundTrip(out)
	}
	socket := identity.IsWebSocket(edgeward.Header(out.Header))
	if socket && t.Pool.http2 {
		return nil, errNoWebSocket
	}
	a := t.attempt(out)
	if a.err == nil || socket || !t.Pool.retry || !a.repeatable(out) {
		return a.res, a.err
	}
	other := t.Pool.choose(t.backend)
	if other == nil {
		return nil, a.err
	}
	t.to(other)
	again := out.WithContext(out.Context()) // the first attempt may still look at its own
	again.URL = new(url.URL)
	t.Pool.aim(again, other, t.Request, t.Path)
	a = t.attempt(again)
	return a.res, a.err
}

// An attempt is one request to one server.
type attempt struct {
	res *http.Response
	err error

	mu        sync.Mutex // guards what follows
	asked     bool       // for a connection
	connected bool
	begun     bool // the answer
	over      bool
	timer     *time.Timer
}

// attempt sends out to the server that t is under way to, and notes how that went.
func (t *Trip) attempt(out *http.Request) *attempt {
	a := &attempt{}
	ctx, cancel := context.WithCancelCause(out.Context())
	defer a.finish()
	if t.Pool.crowded {
		a.within(2*t.Pool.connect, func() { cancel(ErrBusy) }) // to connect and TLS have one each
	}
	t.backend.requests.Add(1)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { // again after a kept connection that had ended, by which nothing was sent
			a.asks()
			if t.Body != nil {
				t.Body.Hold(true)
			}
		},
		GotConn: func(info httptrace.GotConnInfo) {
			settle(info)
			a.note(&a.connected)
			a.stop()
			if t.Body != nil {
				t.Body.Hold(false)
			}
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				a.within(or(t.Timeout, t.Pool.response), func() { cancel(errLate) })
			}
		},
		GotFirstResponseByte: func() { a.note(&a.begun) },
	})
	a.res, a.err = t.Pool.patient.RoundTrip(out.WithContext(ctx))
	if a.err == nil {
		t.cancel = cancel
		t.answered()
		return a
	}
	if cause := context.Cause(ctx); cause == errLate || cause == ErrBusy {
		a.err = cause
	}
	t.broke(out, a)
	cancel(nil)
	return a
}

func (a *attempt) asks() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked, a.connected = true, false
}

func (a *attempt) note(what *bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*what = true
}

// within has late called unless the attempt is over by then.
func (a *attempt) within(d time.Duration, late func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
	}
	if !a.over { // of an answer that began first, the request may still be written
		a.timer = time.AfterFunc(d, late)
	}
}

func (a *attempt) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
	}
}

func (a *attempt) finish() {
	a.stop()
	a.note(&a.over)
}

func (t *Trip) answered() {
	if b := t.backend; b.answered() {
		t.Pool.changed(Change{Upstream: t.Pool.name, Server: b.name, Up: true})
	}
}

// broke notes an attempt without an answer against the server, if it is the
// server's: neither the client's departure nor its body is, nor a request that
// cannot be written, nor a time-out, which any slow page can have.
func (t *Trip) broke(out *http.Request, a *attempt) {
	if out.Context().Err() != nil || t.Body != nil && t.Body.Broken() || !a.lost() {
		return
	}
	b := t.backend
	b.failures.Add(1)
	if absence := b.failed(time.Now()); absence > 0 && !t.Pool.plain {
		t.Pool.changed(Change{Upstream: t.Pool.name, Server: b.name, Why: a.err, For: absence})
	}
}

// lost reports whether the connection failed: it did not come about, or it broke.
func (a *attempt) lost() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !a.asked || a.err == errLate || a.err == ErrBusy:
		return false
	case !a.connected:
		return true
	}
	_, network := errors.AsType[*net.OpError](a.err)
	return network || errors.Is(a.err, io.EOF) || errors.Is(a.err, io.ErrUnexpectedEOF) || errors.Is(a.err, syscall.ECONNRESET) || errors.Is(a.err, syscall.EPIPE)
}

// repeatable reports whether out can be sent to another server.
func (a *attempt) repeatable(out *http.Request) bool {
	lost := a.lost()
	a.mu.Lock()
	defer a.mu.Unlock()
	return lost && out.Context().Err() == nil && (!a.connected || !a.begun && out.Body == nil && idempotent(out.Method))
}

// idempotent reports whether a method is by RFC 9110 §9.2.2, among those that come
// without a body.
func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}
