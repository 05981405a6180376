package admin

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// A fault is an answer that says what is wrong with a request of somebody who
// may make it. Its detail is shown.
type fault struct {
	status  int
	code    string
	detail  string
	created string // public id of what exists already
	wait    time.Duration
}

func (f *fault) Error() string { return "admin: " + f.code + ": " + f.detail }

// The faults without anything particular to say.
var (
	errNoPath     = &fault{status: 404, code: "not_found", detail: "The API has no such path."}
	errUnknown    = &fault{status: 404, code: "not_found", detail: "There is no such thing, or it has ended."}
	errNothing    = &fault{status: 404, code: "not_found", detail: "Nothing of that name is known here, so nothing was revoked. Check the spelling; with \"force\": true it is revoked nevertheless."}
	errNobody     = &fault{status: 404, code: "not_found", detail: "No session, refresh family, API key or sign-in at the console of that subject is known here, so nothing was revoked. Check the spelling. If the subject comes with bearer tokens alone, name their \"issuer\"; with \"force\": true every accepted issuer's is revoked."}
	errNoVoucher  = &fault{status: 404, code: "not_found", detail: "Nothing of that issuer is accepted here, so nothing was revoked. Write it exactly as it is configured; with \"force\": true it is revoked nevertheless."}
	errNoIssuer   = &fault{status: 422, code: "unprocessable", detail: "The subject has no issuer: set tokens.issuer in the configuration, or name the \"issuer\"."}
	errState      = &fault{status: 409, code: "conflict", detail: "Its state does not allow that: it was revoked, another rotation came first, or the old secret of an earlier one still lives."}
	errGrant      = &fault{status: 422, code: "unprocessable", detail: "No credential or revocation can say that: a name is empty, too long or not printable, a member does not belong to the scope, a not_before is to come, or it has expired already."}
	errReplaces   = &fault{status: 422, code: "unprocessable", detail: "The session to be replaced has ended, or belongs to another subject."}
	errNone       = &fault{status: 501, code: "not_configured", detail: "This is not configured here."}
	errBusy       = &fault{status: 409, code: "in_progress", detail: "A backup is under way.", wait: 5 * time.Second}
	errLarge      = &fault{status: 413, code: "content_too_large", detail: fmt.Sprintf("A body has up to %d bytes.", maxBody)}
	errMediaType  = &fault{status: 415, code: "unsupported_media_type", detail: "A body is application/json: set the field Content-Type."}
	errMismatch   = &fault{status: 422, code: "idempotency_mismatch", detail: "The Idempotency-Key was used for another request."}
	errInProgress = &fault{status: 409, code: "in_progress", detail: "The first request with this Idempotency-Key is not known to have ended.", wait: time.Second}
)

// malformed says how a request breaks a rule.
func malformed(format string, args ...any) error {
	return &fault{status: 400, code: "bad_request", detail: fmt.Sprintf(format, args...)}
}

// faultOf finds the fault that err stands for.
func faultOf(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	for _, row := range [...]struct {
		err   error
		fault *fault
	}{
		{issuance.ErrNoIssuer, errNoIssuer}, {issuance.ErrGrant, errGrant},
		{issuance.ErrNobody, errNobody}, {issuance.ErrIssuer, errNoVoucher}, {issuance.ErrUnknown, errUnknown},
		{issuance.ErrState, errState}, {issuance.ErrUnsupported, errNone},
	} {
		if errors.Is(err, row.err) {
			return row.fault
		}
	}
	if edgeward.ReasonOf(err) == edgeward.Unavailable {
		return &fault{status: 503, code: "unavailable", detail: "It is not known whether this was done. Ask again."}
	}
	return nil
}

// refuse answers with a problem document (RFC 9457): that of the reason, where
// there is one, else that of the fault.
func (x *exchange) refuse(err error) {
	h := x.w.Header()
	if errors.Is(err, canonical.ErrHeaderSize) {
		d := problem.FieldsTooLarge.Document(x.visit.Request.ID)
		x.write(d.Status, problem.MediaType, d.JSON())
		return
	}
	f := faultOf(err)
	if f == nil {
		x.refuseFor(err)
		return
	}
	if f.status == http.StatusServiceUnavailable {
		if x.visit.Decision.Allow {
			x.failed(err)
		}
		h.Set("Retry-After", edgeward.RetryAfter(err))
	} else if f.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.wait/time.Second)))
	}
	x.write(f.status, problem.MediaType, f.document(x.visit.Request.ID))
}

// refuseFor answers a refusal that wraps a reason.
func (x *exchange) refuseFor(err error) {
	h := x.w.Header()
	reason := edgeward.ReasonOf(err)
	switch reason.Status() {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", reason.Challenge())
	case http.StatusForbidden:
		if reason == edgeward.InsufficientScope {
			h.Set("WWW-Authenticate", reason.Challenge()+`, scope="`+x.operation.scope+`"`)
		}
	case http.StatusTooManyRequests:
		h.Set("Retry-After", edgeward.RetryAfter(err))
	}
	d := problem.Of(&edgeward.Decision{Reason: reason}, x.visit.Request.ID)
	x.write(d.Status, problem.MediaType, d.JSON())
}

// document has the members of [problem.Document.JSON], in the same order.
func (f *fault) document(requestID string) []byte {
	b := strictjson.AppendString([]byte(`{"type":"about:blank","title":`), http.StatusText(f.status))
	b = strconv.AppendInt(append(b, `,"status":`...), int64(f.status), 10)
	b = strictjson.AppendString(append(b, `,"detail":`...), f.detail)
	b = strictjson.AppendString(append(b, `,"code":`...), f.code)
	if f.created != "" {
		b = strictjson.AppendString(append(b, `,"created":`...), f.created)
	}
	b = strictjson.AppendString(append(b, `,"request_id":`...), requestID)
	return append(b, '}', '\n')
}
