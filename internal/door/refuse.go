package door

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// HeaderRequestID carries the id of a request to the upstream and to the client.
const HeaderRequestID = "X-Request-Id"

// Malformed returns the refusal of a request that breaks rule.
func Malformed(rule string) error {
	return fmt.Errorf("door: %s: %w", rule, edgeward.MalformedRequest)
}

// Refuse answers a visit that is not allowed: a preflight with its fields and
// nothing else, a person whom it helps with the way to the sign-in, everything
// else with a problem document.
func Refuse(w http.ResponseWriter, hr *http.Request, v *Visit) {
	if errors.Is(v.Decision.Err, canonical.ErrHeaderSize) {
		cookie.Repair(edgeward.Header(w.Header()), &v.Request, v.Decision.Err)
		Fail(w, hr, v, problem.FieldsTooLarge)
		return
	}
	if to := problem.SignIn(&v.Request, &v.Decision); to != "" {
		Redirect(w, hr, v, to)
		return
	}
	RefuseAs(w, hr, v, v.Decision.Reason.Status())
}

// RefuseAs is Refuse with another status, for a proxy in front that
// understands few of them. The document keeps the true one.
func RefuseAs(w http.ResponseWriter, hr *http.Request, v *Visit, status int) {
	LimitUnreadBody(w, hr)
	SetResponseHeader(w.Header(), v)
	if status == http.StatusNoContent {
		complete(w.Header(), v)
		w.WriteHeader(status)
		return
	}
	doc := problem.Of(&v.Decision, v.Request.ID)
	doc.OfferSignIn(&v.Request, &v.Decision)
	write(w, v, doc, status)
}

// Fail answers a visit with a fault. The decision's response fields are set
// too, or a script in a browser could not read the answer.
func Fail(w http.ResponseWriter, hr *http.Request, v *Visit, f problem.Fault) {
	LimitUnreadBody(w, hr)
	SetResponseHeader(w.Header(), v)
	doc := f.Document(v.Request.ID)
	if doc.Form = problem.FormOf(&v.Request); doc.Form != problem.NoForm && v.Decision.Allow {
		doc.Form = problem.FormPassedOn
	}
	write(w, v, doc, f.Status())
}

func write(w http.ResponseWriter, v *Visit, doc problem.Document, status int) {
	h := w.Header()
	body := doc.Answer(edgeward.Header(h), &v.Request, v.pages)
	complete(h, v)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that left needs no answer
}
