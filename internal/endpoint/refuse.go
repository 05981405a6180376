package endpoint

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// Refuse is the answer to a call that err refuses: also to one that could not be
// read, of which only some fields are set.
func (s *Set) Refuse(c *Call, err error) *Answer {
	doc, d := s.document(c, err)
	a := &Answer{Status: doc.Status, Code: doc.Code, Decision: d}
	if d.Allow && doc.Status >= 500 {
		a.Failed = err
	}
	a.Header = c.header()
	refusal, isOAuth := oauthErrorOf(c, err)
	if isOAuth {
		a.Status, a.Code = refusal.status(), refusal.Code
	}
	c.setStatusFields(a, err)
	for name, values := range a.Decision.Response {
		a.Header[name] = append(a.Header[name], values...)
	}
	if isOAuth {
		a.Header.Set("Content-Type", "application/json")
		forbidCaching(a.Header)
		a.Body = refusal.document()
		return a
	}
	if s.Programs {
		a.Body = doc.Program(a.Header)
	} else {
		a.Body = doc.Answer(a.Header, c.Request, s.Pages)
	}
	return a
}

// document is what a client learns of err, and the decision what the observer
// does. A failure that nothing is behind is the operation's own answer to a client
// that may ask for it.
func (s *Set) document(c *Call, err error) (problem.Document, edgeward.Decision) {
	d := edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err, Identity: c.Identity, Route: c.route, Response: edgeward.Header{}}
	doc := problem.Of(&d, c.Request.ID)
	if errors.Is(err, canonical.ErrHeaderSize) {
		doc = problem.FieldsTooLarge.Document(c.Request.ID)
	}
	if f, ok := errors.AsType[*problem.Failure](err); ok {
		if doc = f.Document(c.Request.ID); f.Err == nil && c.Endpoint != nil {
			d.Allow, d.Reason = true, c.reason()
		}
	}
	if s.LoginURL == "" {
		doc.Form = problem.FormOf(c.Request) // no sign-in leads back to where it was sent
	}
	if doc.LoginURL = c.LoginURL; doc.Status == 401 {
		doc.LoginURL = cmp.Or(c.LoginURL, s.loginURL(c))
	}
	return doc, d
}

// setStatusFields sets what the status of a refusal asks for, and what lets a
// browser get rid of the cookies that are the reason.
func (c *Call) setStatusFields(a *Answer, err error) {
	h := a.Decision.Response
	var required []string
	if c.Endpoint != nil {
		required = []string{c.Endpoint.Scope}
	}
	edgeward.SetStatusFields(h, a.Status, err, required...)
	switch {
	case a.Status == 401 && a.Code == InvalidClient:
		h.Set("Www-Authenticate", `Basic realm="edgeward"`) // RFC 6749 §5.2: the scheme that it tried
	case a.Status == 405:
		h.Set("Allow", strings.Join(c.allow, ", "))
	}
	if f, ok := errors.AsType[*problem.Failure](err); ok && f.Wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.Wait/time.Second)))
	}
	cookie.Repair(h, c.Request, err)
}

// CodeOf returns the public code of an error: what a problem document would say.
func CodeOf(err error) string {
	if f, ok := errors.AsType[*problem.Failure](err); ok {
		return string(f.Fault)
	}
	return edgeward.ReasonOf(err).Problem()
}
