package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// An exchange is one request at an endpoint. It is its own decider: what became
// of the request is the decision that the observer sees.
type exchange struct {
	api *API
	in  *http.Request
	w   http.ResponseWriter

	endpoint *endpoint
	identity *edgeward.Identity // of who called, where somebody has to
	heard    bool               // the body was read to its end
	ok       reply
}

// A reply is what is said when all went well.
type reply struct {
	body      []byte
	mediaType string // "" for no body
	cache     string // "" means no-store
	cookie    string // Set-Cookie, or ""
}

// Decide implements [edgeward.Decider].
func (x *exchange) Decide(ctx context.Context, r *edgeward.Request) edgeward.Decision {
	err := x.run(ctx, r)
	if err == nil {
		reason := edgeward.Public
		if x.identity != nil {
			reason = edgeward.Authenticated
		}
		return edgeward.Decision{Allow: true, Reason: reason, Identity: x.identity, Route: r.Path}
	}
	d := edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err, Route: r.Path, Response: edgeward.Header{}}
	switch d.Reason.Status() {
	case http.StatusUnauthorized:
		d.Response.Set("Www-Authenticate", d.Reason.Challenge())
		if isClient(err) {
			d.Response.Set("Www-Authenticate", `Basic realm="edgeward"`) // RFC 6749 §5.2: the scheme that it tried
		}
	case http.StatusForbidden:
		if d.Reason == edgeward.InsufficientScope {
			d.Response.Set("Www-Authenticate", d.Reason.Challenge()+`, scope="`+ScopeIntrospect+`"`)
		}
	case http.StatusMethodNotAllowed:
		d.Response.Set("Allow", x.allowed())
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		d.Response.Set("Retry-After", edgeward.RetryAfter(err))
	}
	cookie.Repair(d.Response, r, err)
	return d
}

func (x *exchange) run(ctx context.Context, r *edgeward.Request) error {
	if x.endpoint = x.api.endpoints[r.Path]; x.endpoint == nil {
		return fmt.Errorf("oauth: no such endpoint: %w", edgeward.NoRoute)
	}
	switch post := x.endpoint.post; {
	case post && r.Method != "POST", !post && r.Method != "GET" && r.Method != "HEAD":
		return fmt.Errorf("oauth: %s: %w", r.Method, edgeward.MethodNotAllowed)
	case post && r.RawQuery != "":
		return refuse(invalidRequest, "a parameter in the URL") // RFC 6749 §3.2, RFC 9700 §4.3.2
	}
	if x.endpoint.post {
		// Before anybody is counted: any page can have its visitor's browser post
		// a form, and ten forged tokens in such forms would ban the visitor's network.
		if err := csrf.Check(r); err != nil {
			return err
		}
	}
	return x.endpoint.run(ctx, x, r)
}

func (x *exchange) allowed() string {
	if x.endpoint.post {
		return "POST"
	}
	return "GET, HEAD"
}

// by names, for the audit log, who holds the credential itself.
func by(r *edgeward.Request) issuance.By {
	return issuance.By{Actor: "client", RequestID: r.ID, Client: r.ClientIP}
}

// answer writes what was decided.
func (x *exchange) answer(v *door.Visit) {
	refusal, isOAuth := errors.AsType[*oauthError](v.Decision.Err)
	body, isBody := errors.AsType[*door.BodyError](v.Decision.Err)
	switch {
	case v.Decision.Allow:
		x.succeed(v)
	case isOAuth:
		x.refuse(v, refusal.code, refusal.detail)
	case x.endpoint != nil && x.endpoint.oauth && v.Decision.Reason.Problem() == string(invalidGrant):
		x.refuse(v, invalidGrant, "")
	case isBody:
		door.Fail(x.w, x.in, v, body.Fault)
	case v.Decision.Reason == edgeward.MethodNotAllowed:
		x.write(v, problem.Of(&v.Decision, v.Request.ID).JSON(), problem.MediaType, v.Decision.Reason.Status())
	default:
		door.Refuse(x.w, x.in, v)
	}
}

func (x *exchange) succeed(v *door.Visit) {
	h := x.w.Header()
	if x.ok.cookie != "" {
		h.Set("Set-Cookie", x.ok.cookie)
	}
	x.write(v, x.ok.body, x.ok.mediaType, http.StatusOK)
}

func (x *exchange) write(v *door.Visit, body []byte, mediaType string, status int) {
	h := x.w.Header()
	if !x.heard {
		door.LimitUnreadBody(x.w, x.in)
	}
	door.SetResponseHeader(h, v)
	h.Set("X-Content-Type-Options", "nosniff")
	if v.Decision.Allow && x.ok.cache != "" {
		h.Set("Cache-Control", x.ok.cache)
	} else {
		h.Set("Cache-Control", "no-store")
		h.Set("Pragma", "no-cache") // RFC 6749 §5.1
	}
	if mediaType != "" {
		h.Set("Content-Type", mediaType)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	if x.in.Method != http.MethodHead {
		_, _ = x.w.Write(body) // a client that left needs no answer
	}
}
