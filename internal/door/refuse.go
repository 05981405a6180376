package door

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/canonical"
	"github.com/edgeward/edgeward/internal/problem"
)

// HeaderRequestID carries the id of a request to the upstream and to the client.
const HeaderRequestID = "X-Request-Id"

// Malformed returns the refusal of a request that breaks rule.
func Malformed(rule string) error {
	return fmt.Errorf("door: %s: %w", rule, edgeward.MalformedRequest)
}

// Refuse answers a visit that is not allowed: a preflight with its fields and
// nothing else, everything else with a problem document.
func Refuse(w http.ResponseWriter, v *Visit) {
	if errors.Is(v.Decision.Err, canonical.ErrHeaderSize) {
		Fail(w, v, FieldsTooLarge)
		return
	}
	RefuseAs(w, v, v.Decision.Reason.Status())
}

// RefuseAs is Refuse with another status, for a proxy in front that
// understands few of them. The document keeps the true one.
func RefuseAs(w http.ResponseWriter, v *Visit, status int) {
	Dress(w.Header(), v)
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	write(w, problem.Of(&v.Decision, v.Request.ID), status, problem.Navigation(&v.Request))
}

// A Fault is an answer that no decision is behind: the request was allowed, or
// nobody was asked, and something else went wrong.
type Fault struct {
	Status int
	Title  string // the phrase of RFC 9110 §15
	Code   string // stable, for clients
}

// The faults.
var (
	NotFound       = Fault{404, "Not Found", "not_found"}
	RequestTimeout = Fault{408, "Request Timeout", "request_timeout"}
	BodyTooLarge   = Fault{413, "Content Too Large", "content_too_large"}
	BadRequest     = Fault{400, "Bad Request", "bad_request"}
	FieldsTooLarge = Fault{431, "Request Header Fields Too Large", "header_too_large"}
	Internal       = Fault{500, "Internal Server Error", "internal_error"}
	BadGateway     = Fault{502, "Bad Gateway", "bad_gateway"}
	GatewayTimeout = Fault{504, "Gateway Timeout", "gateway_timeout"}
)

// Fail answers a visit with a fault. The decision's response fields are set
// too, or a script in a browser could not read the answer.
func Fail(w http.ResponseWriter, v *Visit, f Fault) {
	Dress(w.Header(), v)
	write(w, problem.Document{Status: f.Status, Title: f.Title, Code: f.Code, RequestID: v.Request.ID}, f.Status, false)
}

func write(w http.ResponseWriter, doc problem.Document, status int, html bool) {
	body := doc.JSON()
	if html {
		body = doc.HTML()
	}
	h := w.Header()
	doc.SetHeader(edgeward.Header(h), html)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that left needs no answer
}
