package endpoint

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// A Call is one request at an endpoint. The adapter sets what it has, the set
// what it has found, and the endpoint what is part of the answer whatever becomes
// of the request.
type Call struct {
	Request *edgeward.Request
	// Read returns the body, of at most so many bytes. Its error is a
	// [problem.Failure]: BodyTooLarge, RequestTimeout or BodyBroken.
	Read func(most int) ([]byte, error)
	// StandIns says that cookies have their names without the prefix __Host-: see
	// [cookie.OnThisMachine].
	StandIns bool

	Endpoint *Endpoint          // nil where none serves the request
	ID       string             // what stands for {id} in the path
	Identity *edgeward.Identity // whom a credential proved, or nil

	Cookies  []string // Set-Cookie
	LoginURL string   // where a sign-in that failed is begun anew

	// What the set has at the path of the request.
	route     string // as [Endpoint.Path]; "" for nothing
	allow     []string
	anyOrigin bool
	atHosts   bool
}

// Origin is that of the request.
func (c *Call) Origin() string { return c.Request.Scheme + "://" + c.Request.Host }

// BodyError returns the error of [Call.Read].
func BodyError(fault problem.Fault) error {
	return &problem.Failure{Fault: fault, Err: fmt.Errorf("endpoint: body: %s: %w", fault.Explanation(), edgeward.MalformedRequest)}
}

// IsMediaType reports whether the body is said to be of that type, once. A charset
// or other parameters change nothing. In a JSON endpoint it keeps out what a form
// of another site can send.
func (c *Call) IsMediaType(mediaType string) bool {
	lines := c.Request.Header["Content-Type"]
	if len(lines) != 1 {
		return false
	}
	name, _, _ := strings.Cut(lines[0], ";")
	return strings.EqualFold(strings.Trim(name, " \t"), mediaType)
}

var errNotForm = fmt.Errorf("endpoint: the body has to be application/x-www-form-urlencoded: %w", edgeward.MalformedRequest)

// Form reads the body as a form of at most so many bytes. An empty body is an
// empty form, of whatever type. Errors wrap [edgeward.MalformedRequest].
func (c *Call) Form(most int) (form.Form, error) {
	body, err := c.Read(most)
	if err != nil {
		return nil, err
	}
	if len(body) > 0 && !c.IsMediaType("application/x-www-form-urlencoded") {
		return nil, errNotForm
	}
	return form.Parse(string(body))
}

// CookieName returns the name by which the browser has a cookie of ours.
func (c *Call) CookieName(name string) string {
	if c.StandIns {
		return cookie.StandIn(name)
	}
	return name
}

// By names, for the audit log, the client that holds the credential itself.
func (c *Call) By() issuance.By {
	return issuance.By{Actor: "client", RequestID: c.Request.ID, Client: c.Request.ClientIP, UserAgent: c.Request.Header.First("User-Agent")}
}

// Client is where the request came from, for users to recognise.
func (c *Call) Client() edgeward.Client {
	return c.Request.Client()
}
