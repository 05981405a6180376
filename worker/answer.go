package worker

import (
	"crypto/rand"
	"errors"
	"strconv"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/canonical"
	"github.com/edgeward/edgeward/internal/form"
	"github.com/edgeward/edgeward/internal/problem"
)

// maxReturnTo bounds, in bytes, what a redirect says of the page that was asked
// for.
const maxReturnTo = 3 << 10

// refuse answers what is not allowed, as every door does: a preflight with its
// fields and nothing else, a person whom it helps with the way to the sign-in,
// all else with a problem document.
func (s *System) refuse(r *edgeward.Request, d *edgeward.Decision) Frame {
	h := edgeward.Header{requestIDField: {r.ID}}
	for name, values := range d.Response {
		h[name] = values
	}
	if d.Reason == edgeward.Preflight {
		return respond(204, nil, h)
	}
	if d.Reason.Status() >= 500 && d.Err != nil {
		print("could not tell, request " + r.ID + ": " + strconv.Quote(d.Err.Error()) + "\n") // the driver logs it; no error holds a secret, some hold what others wrote
	}
	page := problem.Navigation(r)
	if to := signIn(r, d); to != "" && page {
		delete(h, "Www-Authenticate") // belongs to a 401
		h.Set("Cache-Control", "no-store")
		h.Set("Location", to)
		return respond(302, nil, h)
	}
	doc := problem.Of(d, r.ID)
	doc.LoginURL = d.Login
	doc.SetHeader(h, page)
	if page {
		return respond(doc.Status, doc.HTML(), h)
	}
	return respond(doc.Status, doc.JSON(), h)
}

// overloaded answers a request that nothing was read of.
func overloaded() Frame {
	err := &edgeward.UnavailableError{What: "the instance", RetryAfter: time.Second, Err: errors.New("too many requests wait")}
	return new(System).refuse(&edgeward.Request{ID: rand.Text()}, refusal(err))
}

// signIn is where a person signs in and comes back from; "" for nowhere.
func signIn(r *edgeward.Request, d *edgeward.Decision) string {
	if d.Login == "" {
		return ""
	}
	page := canonical.EscapePath(r.Path)
	if r.RawQuery != "" {
		page += "?" + r.RawQuery
	}
	if page = form.Escape(page); len(page) > maxReturnTo {
		return d.Login
	}
	return d.Login + "?return_to=" + page
}

func respond(status int, body []byte, h edgeward.Header) Frame {
	return appendFields(Frame{"respond", strconv.Itoa(status), string(body)}, h)
}
