// Package endpoint is what Edgeward's own endpoints are made of: a request in, a
// reply out, without net/http, so that the gateway and the Worker serve the same.
//
//	internal/endpoint/oauth    /oauth/*, /auth/refresh, /.well-known/*
//	internal/endpoint/account  /auth/*
//	internal/endpoint/admin    /v1/*
//
// A [Set] finds the endpoint of a request, demands what it guards, runs it, and
// makes an [Answer] of its [Reply] or its error: the only place where an error
// becomes an OAuth error (RFC 6749 §5.2), a problem document (RFC 9457) or a page
// for a user, with the fields that its status asks for (RFC 9110).
//
// What the platform has is the adapter's: reading the request and its body,
// deadlines, the observer (internal/door for net/http, internal/cloudflare/door for
// the Worker's frames).
package endpoint

import (
	"context"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/page"
)

// Pages says which pages may cause a request. The zero value is for endpoints
// that act by a cookie, which a browser adds by itself.
type Pages uint8

// The pages.
const (
	// OwnPages: what changes something has to say that a page of our origin has
	// caused it (csrf.Demand).
	OwnPages Pages = iota
	// NoOtherPages: what says that it comes from a page of another origin is
	// refused (csrf.Check). It is for credentials that no browser adds by itself.
	NoOtherPages
	// AllPages is for what proves itself by what it carries, or is public.
	AllPages
)

// An Endpoint is one method of one path.
type Endpoint struct {
	Method string // "GET" serves HEAD, too
	Path   string // canonical; one of its segments may be {id}
	Pages  Pages
	// NoQuery refuses parameters in the URL, which end up in logs (RFC 6749 §3.2,
	// RFC 9700 §4.3.2).
	NoQuery bool
	// OAuth answers an invalid grant as RFC 6749 §5.2 says.
	OAuth bool
	// AnyOrigin serves other origins than [Set.Origin], too: no cookie is asked for.
	// It holds for all methods of the path.
	AnyOrigin bool
	// AtHosts serves the origins of [Set.Elsewhere], too, for all methods of the path.
	AtHosts bool
	// ByRedirect says that it answers by a redirect, or refuses: so it can where
	// forward-auth alone is asked.
	ByRedirect bool
	// Scope is the permission that the client needs, "" for none: [Set.Authenticate]
	// says who it is.
	Scope string
	// Err refuses the method with more than a bare 405.
	Err error
	Run func(ctx context.Context, c *Call) (Reply, error)
}

// A Set is endpoints that are guarded and answered alike. It is not changed once
// it serves, and then safe for concurrent use.
type Set struct {
	Endpoints []Endpoint
	// Prefix, where it is not "", is that of paths which are the set's also where
	// no endpoint has them.
	Prefix string
	// Origin is the only one at which the endpoints are served, "" for every one:
	// their cookies are that host's.
	Origin string
	// Answers reports whether the set is served at a host, which is canonical; others
	// are refused as the routes refuse them. nil: at every one.
	Answers func(host string) bool
	// Elsewhere reports whether the endpoints with AtHosts are served at another
	// origin, too, where each has its own cookies. nil: at none.
	Elsewhere func(scheme, host string) bool
	// Authenticate says who the client of an endpoint with a Scope is.
	Authenticate func(ctx context.Context, r *edgeward.Request) (*edgeward.Identity, error)
	// Refused, unless nil, is notified of a request that was refused before Run.
	Refused func(ctx context.Context, c *Call, err error)
	// LoginURL is where a user signs in whose request was answered with 401, "" for
	// nowhere.
	LoginURL string
	// Pages is how what users are answered looks.
	Pages *page.Look
	// Programs says that no user waits for an answer: none is a page.
	Programs bool
}

// Serves reports whether path, decoded, is one of the set's. Any other spelling
// of such a path is the routes' to refuse.
func (s *Set) Serves(path string) bool {
	if s.Prefix != "" && strings.HasPrefix(path, s.Prefix) {
		return true
	}
	for i := range s.Endpoints {
		if _, ok := match(s.Endpoints[i].Path, path); ok {
			return true
		}
	}
	return false
}

// ByRedirect reports whether the endpoint of a call answers by a redirect.
func (s *Set) ByRedirect(c *Call) bool {
	e := s.find(&Call{Request: c.Request})
	return e != nil && e.ByRedirect
}

// find returns the endpoint of a request, and notes what the set has at its path.
func (s *Set) find(c *Call) (found *Endpoint) {
	method := c.Request.Method
	if method == "HEAD" {
		method = "GET"
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		id, ok := match(e.Path, c.Request.Path)
		if !ok {
			continue
		}
		if found == nil {
			c.ID, c.route, c.anyOrigin, c.atHosts = id, e.Path, e.AnyOrigin, e.AtHosts
		}
		if e.Method == method {
			found = e
		}
		if e.Err == nil {
			c.allow = append(c.allow, e.Method)
			if e.Method == "GET" {
				c.allow = append(c.allow, "HEAD")
			}
		}
	}
	return found
}

// match compares path with a pattern and returns what stands for {id}.
func match(pattern, path string) (id string, ok bool) {
	before, after, templated := strings.Cut(pattern, "{id}")
	if !templated {
		return "", pattern == path
	}
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	id, ok = strings.CutSuffix(rest, after)
	return id, ok && id != "" && !strings.Contains(id, "/")
}
