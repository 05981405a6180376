package door

import (
	"crypto/rand"
	"errors"
	"strconv"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// refuse answers what is not allowed, as every door does: a preflight with its
// fields and nothing else, a person whom it helps with the way to the sign-in,
// all else with a problem document.
func (s *System) refuse(r *edgeward.Request, d *edgeward.Decision) runtime.Frame {
	h := edgeward.Header{requestIDField: {r.ID}}
	for name, values := range d.Response {
		h[name] = values
	}
	if d.Reason == edgeward.Preflight {
		complete(h, d)
		return respond(204, nil, h)
	}
	doc := problem.Of(d, r.ID)
	s.logRefusal(r, d, doc.Status, d.Reason.Error())
	if to := problem.SignIn(r, d); to != "" {
		delete(h, "Www-Authenticate") // belongs to a 401
		h.Set("Cache-Control", "no-store")
		h.Set("Location", to)
		complete(h, d)
		return respond(302, nil, h)
	}
	doc.OfferSignIn(r, d)
	body := doc.Answer(h, r, s.pages)
	complete(h, d)
	return respond(doc.Status, body, h)
}

// complete adds what the route sets on the answers of its upstream, as every door does.
func complete(h edgeward.Header, d *edgeward.Decision) {
	if d.Forwarding != nil {
		identity.Complete(h, &d.Forwarding.Response)
	}
}

// fail answers a request that is allowed and breaks a bound of its route.
func (s *System) fail(r *edgeward.Request, d *edgeward.Decision, f problem.Fault) runtime.Frame {
	h := edgeward.Header{requestIDField: {r.ID}}
	for name, values := range d.Response {
		h[name] = values
	}
	doc := f.Document(r.ID)
	s.logRefusal(r, d, doc.Status, doc.Code)
	body := doc.Answer(h, r, s.pages)
	complete(h, d)
	return respond(doc.Status, body, h)
}

// overloaded answers a request that nothing was read of.
func overloaded() runtime.Frame {
	err := &edgeward.UnavailableError{What: "the instance", RetryAfter: time.Second, Err: errors.New("too many requests wait")}
	a := new(endpoint.Set).Refuse(&endpoint.Call{Request: &edgeward.Request{ID: rand.Text()}}, err)
	return respond(a.Status, a.Body, a.Header)
}

func respond(status int, body []byte, h edgeward.Header) runtime.Frame {
	return appendFields(runtime.Frame{"respond", strconv.Itoa(status), string(body)}, h)
}
