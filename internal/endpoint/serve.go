package endpoint

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/csrf"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// Serve answers a call.
func (s *Set) Serve(ctx context.Context, c *Call) *Answer {
	err := s.admit(ctx, c)
	if err != nil {
		if s.Refused != nil && c.Endpoint != nil {
			s.Refused(ctx, c, err)
		}
		return s.Refuse(c, err)
	}
	reply, err := c.Endpoint.Run(ctx, c)
	if err != nil {
		return s.Refuse(c, err)
	}
	return c.succeed(&reply)
}

// admit demands what the endpoint guards, before anything of the body is read.
func (s *Set) admit(ctx context.Context, c *Call) error {
	r := c.Request
	if s.Answers != nil && !s.Answers(r.Host) {
		return edgeward.UnknownHost
	}
	e := s.find(c)
	if err := s.checkOrigin(c); err != nil {
		return err
	}
	switch {
	case c.route == "":
		return s.unknown()
	case e == nil:
		return fmt.Errorf("endpoint: %s: %w", r.Method, edgeward.MethodNotAllowed)
	case e.Err != nil:
		return e.Err
	case e.NoQuery && r.RawQuery != "":
		return RefuseOAuth(InvalidRequest, "a parameter in the URL")
	}
	c.Endpoint = e
	// Before any failed attempt is counted: any page can have its visitor's browser
	// post a form, and ten forged tokens in such forms would ban the visitor's network.
	if err := e.checkPages(r); err != nil {
		return err
	}
	return s.authenticate(ctx, c)
}

// unknown refuses a path that no endpoint has.
func (s *Set) unknown() error {
	err := fmt.Errorf("endpoint: no such path: %w", edgeward.NoRoute)
	if s.Prefix == "" {
		return err
	}
	return &problem.Failure{Fault: problem.NotFound, Detail: "The API has no such path.", Err: err}
}

// checkOrigin refuses a request to another origin: the cookies are that of one
// host, and elsewhere a sign-in would never end.
func (s *Set) checkOrigin(c *Call) error {
	if s.Origin == "" || c.anyOrigin || c.Origin() == s.Origin || c.atHosts && s.elsewhere(c.Request) {
		return nil
	}
	return fmt.Errorf("endpoint: %s is not the login's origin, %s: %w", c.Origin(), s.Origin, edgeward.NoRoute)
}

func (s *Set) elsewhere(r *edgeward.Request) bool {
	return s.Elsewhere != nil && s.Elsewhere(r.Scheme, r.Host)
}

// loginURL is where the user of a request signs in: each host that is served has
// its own way.
func (s *Set) loginURL(c *Call) string {
	if path, below := strings.CutPrefix(s.LoginURL, s.Origin); below && s.Origin != "" && s.elsewhere(c.Request) {
		return c.Origin() + path
	}
	return s.LoginURL
}

func (e *Endpoint) checkPages(r *edgeward.Request) error {
	switch {
	case e.Pages == NoOtherPages:
		return csrf.Check(r)
	case e.Pages == OwnPages && csrf.Changes(r):
		return csrf.Demand(r)
	}
	return nil
}

// authenticate finds out who calls an endpoint that demands a scope, and whether
// they may. It comes first, so that no client tries tokens out here (RFC 7662 §4).
func (s *Set) authenticate(ctx context.Context, c *Call) (err error) {
	if c.Endpoint.Scope == "" {
		return nil
	}
	if s.Authenticate == nil {
		return errors.New("endpoint: a scope is demanded, and no client can be authenticated")
	}
	if c.Identity, err = s.Authenticate(ctx, c.Request); err != nil {
		return err
	}
	return issuance.RequireScope(c.Identity, c.Endpoint.Scope)
}
