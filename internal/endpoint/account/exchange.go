package account

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/refresh"
)

// An exchange is one request at an endpoint. It is its own decider: what became
// of the request is the decision that the observer sees.
type exchange struct {
	handler *Handler
	in      *http.Request
	w       http.ResponseWriter

	endpoint endpoint
	request  *edgeward.Request
	jar      jar
	identity *edgeward.Identity // of who asked, where that matters
	ok       reply
	cookies  []string   // Set-Cookie, whatever becomes of the request
	anew     url.Values // what a sign-in that failed was about, to begin again with
	form     string     // where the page's forms may lead beside our own origin, or ""
}

// A reply is what is said when all went well.
type reply struct {
	status    int // 0 means 200
	location  string
	body      []byte
	mediaType string // "" for no body
}

// seeOther sends the browser elsewhere, by GET whatever it sent before.
func (x *exchange) seeOther(location string) error {
	x.ok = reply{status: http.StatusSeeOther, location: location}
	return nil
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
	switch status := failureOf(err, &d, r.ID).Status; status {
	case http.StatusUnauthorized:
		d.Response.Set("Www-Authenticate", d.Reason.Challenge())
	case http.StatusMethodNotAllowed:
		d.Response.Set("Allow", x.endpoint.allows())
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		d.Response.Set("Retry-After", edgeward.RetryAfter(err))
	}
	cookie.Repair(d.Response, r, err)
	return d
}

func (x *exchange) run(ctx context.Context, r *edgeward.Request) error {
	h := x.handler
	x.endpoint, x.request, x.jar = h.endpoints[r.Path], r, h.jar(x.in, r)
	run := x.endpoint.get
	if r.Method == "POST" {
		run = x.endpoint.post
	}
	// The cookies are this host's: elsewhere a sign-in would never end.
	if !x.endpoint.signed && r.Scheme+"://"+r.Host != h.Login.Origin() {
		return fmt.Errorf("account: %s://%s is not the login's origin, %s: %w", r.Scheme, r.Host, h.Login.Origin(), edgeward.NoRoute)
	}
	if run == nil && r.Method == "POST" && r.Path == h.Login.CallbackPath() {
		return &problem.Failure{Fault: problem.FormPost, Err: fmt.Errorf("account: the provider answered by POST, set response_mode=query there: %w", edgeward.MethodNotAllowed)}
	}
	if run == nil || r.Method != "POST" && r.Method != "GET" && r.Method != "HEAD" {
		return fmt.Errorf("account: %s: %w", r.Method, edgeward.MethodNotAllowed)
	}
	if r.Method == "POST" && !x.endpoint.signed {
		if err := csrf.Demand(r); err != nil {
			return err
		}
	}
	return run(ctx, x, r)
}

func (e endpoint) allows() string {
	switch {
	case e.post == nil:
		return "GET, HEAD"
	case e.get == nil:
		return "POST"
	}
	return "GET, HEAD, POST"
}

// by names, for the audit log, who holds the credential itself.
func by(r *edgeward.Request) issuance.By {
	return issuance.By{Actor: "client", RequestID: r.ID, Client: r.ClientIP, UserAgent: r.Header.First("User-Agent")}
}

// meta is where a request came from, for people to recognise.
func meta(r *edgeward.Request) refresh.ClientInfo {
	return refresh.ClientInfo{ClientIP: r.ClientIP, UserAgent: r.Header.First("User-Agent")}
}

// isNavigation reports whether a person waits for a page, also after a form.
func isNavigation(r *edgeward.Request) bool {
	return problem.ShowsPage(r)
}

// answer writes what was decided.
func (x *exchange) answer(v *door.Visit) {
	h := x.w.Header()
	for _, set := range x.cookies {
		h.Add("Set-Cookie", set)
	}
	if !v.Decision.Allow {
		x.fail(v)
		return
	}
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if x.ok.location != "" {
		h.Set("Location", x.ok.location)
		h.Set("Referrer-Policy", "no-referrer") // return_to and state are nobody else's
	}
	if x.ok.mediaType == pageType {
		x.dressPage(h)
	}
	x.write(v, x.ok.body, x.ok.mediaType, max(x.ok.status, http.StatusOK))
}

// fail answers with a page for people, and a problem document for programs.
func (x *exchange) fail(v *door.Visit) {
	doc := failureOf(v.Decision.Err, &v.Decision, v.Request.ID)
	doc.LoginURL = x.loginURL(v, doc.Status)
	body, html := doc.JSON(), isNavigation(&v.Request)
	if html {
		body = doc.HTML()
	}
	h := edgeward.Header(x.w.Header())
	doc.SetHeader(h, html)
	x.write(v, body, h.First("Content-Type"), doc.Status)
}

// loginURL is where to sign in when that can help, "" else.
func (x *exchange) loginURL(v *door.Visit, status int) string {
	at := x.handler.Login.Origin() + LoginPath
	switch {
	case len(x.anew) > 0:
		return at + "?" + x.anew.Encode()
	case x.anew != nil, status == http.StatusUnauthorized:
		return at
	}
	return ""
}

func (x *exchange) write(v *door.Visit, body []byte, mediaType string, status int) {
	h := x.w.Header()
	door.LimitUnreadBody(x.w, x.in)
	door.SetResponseHeader(h, v)
	if mediaType != "" {
		h.Set("Content-Type", mediaType)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if status == http.StatusNoContent {
		h.Del("Content-Length") // RFC 9110 §8.6
	}
	x.w.WriteHeader(status)
	if x.in.Method != http.MethodHead {
		_, _ = x.w.Write(body) // a client that left needs no answer
	}
}
