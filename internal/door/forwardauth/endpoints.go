package forwardauth

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// Endpoints are those for users at the hosts that sign-ins are handed over to. A
// front that routes none of their paths to Edgeward asks about them as about any
// other: so the answer to /verify is theirs, where it is a redirect or a refusal
// with its cookies. What answers otherwise is at the login's own origin, where users
// are sent; a program learns that it is not here. No answer is a 2xx, with which the
// front would pass the request on to the application.
type Endpoints struct {
	*endpoint.Set
	// Arrive is the path that is never passed on, whatever the host: what came with
	// it is no application's.
	Arrive string
	// InsecureHTTP is as in [door.Endpoints].
	InsecureHTTP bool
}

// serves reports whether r, at the host that was asked about, is an endpoint's.
func (e *Endpoints) serves(r *edgeward.Request) bool {
	return e.Set != nil && (r.Path == e.Arrive || e.Elsewhere != nil && e.Set.Serves(r.Path) && e.Elsewhere(r.Scheme, r.Host))
}

// mayBe reports whether a question can be about an endpoint, without reading it: its
// path has the folder of them all, or an escape, which can stand for any character.
// All other questions, which are nearly all, are read once.
func (e *Endpoints) mayBe(h http.Header) bool {
	below := e.Arrive[:strings.LastIndexByte(e.Arrive, '/')+1]
	for _, name := range uriFields {
		for _, uri := range h[name] {
			if strings.Contains(uri, below) || strings.Contains(uri, "%") {
				return true
			}
		}
	}
	return false
}

// own reports whether the question is about an endpoint.
func (f *handler) own(hr *http.Request) bool {
	if f.endpoints.Set == nil || !f.endpoints.mayBe(hr.Header) {
		return false
	}
	v := door.NewVisit()
	return f.read(hr, v) == nil && f.endpoints.serves(&v.Request)
}

// An asked endpoint is its own decider, as at the other doors.
type asked struct {
	of     *handler
	hr     *http.Request
	answer *endpoint.Answer
}

// Decide implements [edgeward.Decider].
func (x *asked) Decide(ctx context.Context, r *edgeward.Request) edgeward.Decision {
	e := &x.of.endpoints
	c := &endpoint.Call{
		Request: r, StandIns: e.InsecureHTTP && door.OnThisMachine(x.of.trusted, x.hr, r),
		Read: func(int) ([]byte, error) { return nil, nil }, // no front sends the body along
	}
	switch {
	case speaksNginx(x.hr.Header): // it passes no redirect on, and has a location for these paths
		x.answer = e.Refuse(c, errNginx)
	case r.Path == e.Arrive || e.ByRedirect(c):
		x.answer = e.Serve(ctx, c)
	case (r.Method == http.MethodGet || r.Method == http.MethodHead) && problem.ShowsPage(r):
		x.answer = e.Redirect(c, e.Origin+r.Path)
	default:
		x.answer = e.Refuse(c, errElsewhere)
	}
	if x.answer.Status < http.StatusMultipleChoices { // it was done, and is no yes to the front
		x.answer = e.Refuse(c, errDone)
	}
	return x.answer.Decision
}

var (
	errNginx     = fmt.Errorf("forwardauth: the front has no location for this path: %w", edgeward.NoRoute)
	errElsewhere = &problem.Failure{Fault: problem.NotFound, Detail: "This is answered at the login's own origin.", Err: fmt.Errorf("forwardauth: not answered through a front that asks: %w", edgeward.NoRoute)}
	errDone      = fmt.Errorf("forwardauth: no user is signed in any more: %w", edgeward.CredentialMissing)
)

// serve answers a question about an endpoint.
func (f *handler) serve(w http.ResponseWriter, hr *http.Request) {
	x := &asked{of: f, hr: hr}
	d := door.Door{Decider: x, Trusted: f.trusted, Observer: f.door.Observer, Pages: f.door.Pages, Endpoint: true}
	v := d.ReceiveBy(hr, f.read)
	if x.answer == nil { // it panicked
		refuse(w, hr, v)
		return
	}
	door.LimitUnreadBody(w, hr)
	h := w.Header()
	for name, values := range x.answer.Header {
		h[name] = values
	}
	if to := h.Get("Location"); strings.HasPrefix(to, "/") { // Traefik takes it for a path of this door's
		h.Set("Location", v.Request.Scheme+"://"+v.Request.Host+to)
	}
	if speaksNginx(hr.Header) {
		remember(h, v)
	}
	h.Set("Content-Length", strconv.Itoa(len(x.answer.Body)))
	w.WriteHeader(x.answer.Status)
	_, _ = w.Write(x.answer.Body)
}
