package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/upstream"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// statusClientClosed is nginx's number for a client that left before there was
// an answer. Only the access log has it.
const statusClientClosed = 499

var (
	errStatus = errors.New("the answer has no status that HTTP knows")
	errSwitch = errors.New("the answer changes to a protocol that was not asked for")
)

// An exchange is one allowed request on its way to the upstream and back.
type exchange struct {
	proxy    *Proxy
	visit    *door.Visit
	trip     upstream.Trip
	in       *http.Request
	held     context.Context // ends with in, or when its identity does
	w        client
	maxBody  int64 // bytes; 0: no bound
	body     *body // nil when the request has none
	sent     bool  // the request was good enough to be sent
	socket   bool  // a WebSocket was asked for
	trailers bool  // the client reads them, and gets a body that they can follow (RFC 9110 §6.5.1)
	begun    bool  // the upstream's answer is on its way to the client

	carrier httputil.ReverseProxy
}

// rewrite makes the outgoing request. The hop-by-hop fields are gone by now.
func (x *exchange) rewrite(pr *httputil.ProxyRequest) {
	x.sent = true
	out := pr.Out
	x.trip.Begin(out)
	// A trailer field could pass for an identity field in an application that
	// merges the two (RFC 9110 §6.5.1 lets a recipient discard them).
	out.Trailer = nil
	if out.Body != nil {
		x.body = bodyOf(out.Body, x.w.control, x.maxBody)
		out.Body, x.trip.Body = x.body, x.body
	} else if x.in.ProtoMajor < 2 {
		// The server waits for bytes only to see whether the client leaves.
		_ = x.w.control.SetReadDeadline(time.Time{})
	}
	x.visit.SetUpstreamHeader(out.Header)
	if x.body != nil || !x.in.ProtoAtLeast(1, 1) { // a handshake has no body (RFC 6455 §4.1), and HTTP/1.0 has none (RFC 9110 §7.8)
		delete(out.Header, "Upgrade")
		delete(out.Header, "Connection")
	}
	x.socket = identity.IsWebSocket(edgeward.Header(out.Header))
	x.trailers = len(out.Header["Te"]) > 0 && x.in.ProtoAtLeast(1, 1) && x.in.Method != http.MethodHead
}

// modifyResponse completes the upstream's answer before it goes to the client.
func (x *exchange) modifyResponse(res *http.Response) error {
	if res.StatusCode < http.StatusContinue { // net/http reads it, and panics when it has to write it
		return errStatus
	}
	if res.StatusCode == http.StatusSwitchingProtocols && !(x.socket && identity.IsWebSocket(edgeward.Header(res.Header))) {
		return errSwitch // else ReverseProxy refuses it, and leaves the connection open
	}
	x.begun = true
	if res.Header["Content-Type"] == nil {
		x.w.Header()["Content-Type"] = nil // else net/http guesses one
	}
	if x.body != nil && x.in.ProtoMajor > 1 {
		x.body.stream()
	}
	if x.trailers && res.ProtoMajor > 1 {
		// HTTP/2 has trailers beside a length. HTTP/1.1 has them behind chunks only
		// (RFC 9112 §7.1.2), and net/http drops them without a word.
		delete(res.Header, "Content-Length")
	}
	door.EditResponse(res.Header, x.visit)
	door.SetResponseHeader(res.Header, x.visit)
	return nil
}

// fail answers when the upstream did not, or not with something that could be
// passed on. What the client did wrong is told to the client only: it must not
// look like an upstream that is down.
func (x *exchange) fail(w http.ResponseWriter, _ *http.Request, err error) {
	fault := x.body.fault()
	switch {
	case context.Cause(x.held) == door.ErrEnded: // whoever asks again is told why
		panic(http.ErrAbortHandler)
	case fault == problem.RequestTimeout: // the server takes that for a client that left
		door.Fail(w, x.in, x.visit, fault)
	case x.left(err):
		w.WriteHeader(statusClientClosed)
	case fault != "":
		door.Fail(w, x.in, x.visit, fault)
	case !x.sent: // Upgrade names no protocol
		door.Fail(w, x.in, x.visit, problem.BodyBroken)
	default:
		x.proxy.failed(x.in.Context(), x.visit, fmt.Errorf("proxy: %s: %w", &x.trip, err))
		fault := blame(err)
		if fault == problem.UpstreamBusy {
			w.Header().Set("Retry-After", "1")
		}
		door.Fail(w, x.in, x.visit, fault)
	}
}

// left reports whether the client went away.
func (x *exchange) left(err error) bool {
	return errors.Is(err, context.Canceled) && x.in.Context().Err() != nil
}

// blame tells an upstream that is late, or has no connection to spare, from one
// that is not there.
func blame(err error) problem.Fault {
	if errors.Is(err, upstream.ErrBusy) {
		return problem.UpstreamBusy
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return problem.GatewayTimeout
	}
	return problem.BadGateway
}

// recover ends an exchange that panicked. ReverseProxy aborts the connection
// that way when the upstream breaks off its answer, since a client must not
// take half of one for the whole.
func (x *exchange) recover() {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		if x.held.Err() == nil && x.body.fault() == "" {
			x.proxy.failed(x.in.Context(), x.visit, fmt.Errorf("proxy: %s: the answer broke off", &x.trip))
		}
		panic(v)
	}
	x.proxy.failed(x.in.Context(), x.visit, door.Panicked(v))
	if x.begun {
		panic(http.ErrAbortHandler)
	}
	door.Fail(&x.w, x.in, x.visit, problem.Internal)
}
