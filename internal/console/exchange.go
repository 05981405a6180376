package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/csrf"
)

// An exchange is one request. It is its own decider: who may do what is
// decided, and seen by the observer, before anything of the body is read.
type exchange struct {
	*Console
	in    *http.Request
	w     http.ResponseWriter
	visit *door.Visit

	page     *page
	asset    *asset
	operator *operator // nil where nobody has to be signed in
	heard    bool      // the body was read to its end
}

// Decide implements [edgeward.Decider].
func (x *exchange) Decide(ctx context.Context, r *edgeward.Request) edgeward.Decision {
	var methods []string
	if x.asset = assets[r.Path]; x.asset != nil {
		if csrf.Changes(r) {
			return lost([]string{http.MethodGet})
		}
		return edgeward.Decision{Allow: true, Reason: edgeward.Public, Route: rootPath + "/assets/*"}
	}
	if x.page, methods = x.find(r.Method, strings.TrimSuffix(r.Path, "/")); x.page == nil {
		return lost(methods)
	}
	d := edgeward.Decision{Allow: true, Reason: edgeward.Public, Route: x.page.path}
	var err error
	if csrf.Changes(r) {
		err = csrf.Demand(r)
	}
	if err == nil && !x.page.open {
		d.Reason = edgeward.Authenticated
		err = x.admit(ctx, r)
	}
	if err != nil {
		return edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err, Route: x.page.path}
	}
	if x.operator != nil {
		d.Identity = x.operator.id
	}
	return d
}

// lost refuses what is no page.
func lost(methods []string) edgeward.Decision {
	if len(methods) == 0 {
		return edgeward.Decision{Reason: edgeward.NoRoute, Err: fmt.Errorf("console: no such page: %w", edgeward.NoRoute)}
	}
	return edgeward.Decision{
		Reason: edgeward.MethodNotAllowed, Err: fmt.Errorf("console: %w", edgeward.MethodNotAllowed),
		Response: edgeward.Header{"Allow": {strings.Join(methods, ", ")}},
	}
}

// answerTimeout bounds what a page may take. An operation that has begun is carried
// through all the same: see [issuance.Authority].
const answerTimeout = 30 * time.Second

// serve answers a request that may be made.
func (x *exchange) serve() {
	if x.asset != nil {
		x.write(http.StatusOK, x.asset.mediaType, x.asset.body)
		return
	}
	ctx, cancel := context.WithTimeout(x.in.Context(), answerTimeout)
	defer cancel()
	a, err := x.page.run(ctx, x)
	if err != nil {
		x.refuse(err)
		return
	}
	x.answer(a)
}

// by says for the audit log who did something.
func (x *exchange) by() issuance.By {
	return issuance.By{Actor: x.operator.actor, RequestID: x.visit.Request.ID, Client: x.visit.Request.ClientIP}
}

// write answers with the fields that every answer has.
func (x *exchange) write(status int, mediaType string, body []byte) {
	if !x.heard {
		door.LimitUnreadBody(x.w, x.in)
	}
	h := x.w.Header()
	door.SetResponseHeader(h, x.visit)
	protect(h)
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", fmt.Sprint(len(body)))
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // a client that left needs no answer
}

// contentSecurityPolicy lets a page look as it does, and ask us again. Nothing
// that got into a page could load, run or send anything.
const contentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// protect sets what keeps a page to itself: out of frames, caches and other
// sites' windows and referrers.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Cache-Control", "no-store")
}
