package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/csrf"
)

// An exchange is one request. It is its own decider: who may do what is
// decided, and seen by the observer, before anything of the body is read.
type exchange struct {
	api   *API
	in    *http.Request
	w     http.ResponseWriter
	visit *door.Visit

	operation *operation
	id        string
	caller    *edgeward.Identity
	secret    edgeward.Secret // the API key itself
	heard     bool            // the body was read to its end
}

// Decide implements [edgeward.Decider].
func (x *exchange) Decide(ctx context.Context, r *edgeward.Request) edgeward.Decision {
	var methods []string
	if x.operation, x.id, methods = x.api.find(r.Method, r.Path); x.operation == nil {
		return lost(methods)
	}
	d := edgeward.Decision{Allow: true, Reason: edgeward.Public, Route: x.operation.path}
	err := csrf.Check(r)
	if err == nil && x.operation.scope != "" {
		d.Reason = edgeward.Authenticated
		err = x.admit(ctx, r)
		d.Identity = x.caller
	}
	if err != nil {
		x.denied(ctx, r, err)
		d = edgeward.Decision{Reason: edgeward.ReasonOf(err), Err: err, Route: x.operation.path, Identity: x.caller}
	}
	return d
}

// admit finds out who calls, and whether they may.
func (x *exchange) admit(ctx context.Context, r *edgeward.Request) (err error) {
	if x.caller, err = x.api.Authority.AuthenticateOperator(ctx, r); err != nil {
		return err
	}
	c, err := credential.APIKey(r)
	if err != nil {
		return err
	}
	x.secret = c.Value
	return issuance.RequireScope(x.caller, x.operation.scope)
}

// denied tells the audit log of a call that was refused: by the operation's
// pattern, for its path may hold what the caller should have kept to itself.
func (x *exchange) denied(ctx context.Context, r *edgeward.Request, err error) {
	who := issuance.By{Actor: "client", RequestID: r.ID, Client: r.ClientIP}
	if x.caller != nil {
		who = by(x.caller, r)
	}
	x.api.Authority.Refused(ctx, who, issuance.Record{Action: "control.denied", Object: x.operation.method + " " + x.operation.path}, err)
}

// lost refuses what is no operation.
func lost(methods []string) edgeward.Decision {
	if len(methods) == 0 {
		return edgeward.Decision{Reason: edgeward.NoRoute, Err: errNoPath}
	}
	return edgeward.Decision{
		Reason: edgeward.MethodNotAllowed, Err: fmt.Errorf("admin: %w", edgeward.MethodNotAllowed),
		Response: edgeward.Header{"Allow": {strings.Join(methods, ", ")}},
	}
}

// serve does an operation that answers with JSON.
func (x *exchange) serve() {
	c, text, err := x.read()
	if err != nil {
		x.refuse(err)
		return
	}
	ctx := x.in.Context()
	if x.operation.changes() {
		// Half of a revocation, or a credential whose answer is not remembered,
		// must not be had by hanging up.
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), deedTimeout)
		defer cancel()
		ctx = limited
	}
	answer, err := x.answer(ctx, c, text)
	switch {
	case err != nil:
		x.refuse(err)
	case answer == nil:
		x.write(x.operation.status, "", nil)
	default:
		x.write(x.operation.status, "application/json", answer)
	}
}

// read reads what the operation is told. text is the body as it came.
func (x *exchange) read() (c *call, text []byte, err error) {
	c = &call{API: x.api, by: by(x.caller, &x.visit.Request), caller: x.caller, secret: x.secret, id: x.id}
	if c.query, err = readQuery(x.visit.Request.RawQuery); err != nil {
		return nil, nil, err
	}
	if !x.operation.hasBody() {
		return c, nil, nil
	}
	if text, err = readBody(x.w, x.in); err != nil {
		return nil, nil, err
	}
	x.heard = true
	c.body, err = parseBody(text)
	return c, text, err
}

// answer returns what the operation answers, nil for nothing.
func (x *exchange) answer(ctx context.Context, c *call, text []byte) ([]byte, error) {
	if keys := x.in.Header["Idempotency-Key"]; x.operation.hasBody() && len(keys) > 0 {
		return x.once(ctx, keys, text, c)
	}
	done, err := x.operation.run(ctx, c)
	return done.document, err
}

// send does an operation that writes its own answer, which has begun when it
// succeeds.
func (x *exchange) send() {
	q, err := readQuery(x.visit.Request.RawQuery)
	if err == nil {
		err = q.end()
	}
	if err == nil {
		err = x.operation.send(x.in.Context(), x)
	}
	if errors.Is(err, errBrokeOff) {
		x.failed(err)
		panic(http.ErrAbortHandler) // or what was sent would look whole
	}
	if err != nil {
		x.refuse(err)
	}
}

// failed tells the observer of trouble that no decision explains.
func (x *exchange) failed(err error) {
	if x.api.Observer != nil {
		x.api.Observer.Failed(x.in.Context(), &x.visit.Request, err)
	}
}

// write answers.
func (x *exchange) write(status int, mediaType string, body []byte) {
	h := x.w.Header()
	x.dress(mediaType)
	if !x.heard {
		door.LimitUnreadBody(x.w, x.in)
	}
	if status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	x.w.WriteHeader(status)
	_, _ = x.w.Write(body) // a client that left needs no answer
}

// dress sets the fields of every answer. Most hold a secret or tell of people.
func (x *exchange) dress(mediaType string) {
	h := x.w.Header()
	door.SetResponseHeader(h, x.visit)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if mediaType != "" {
		h.Set("Content-Type", mediaType)
	}
}
