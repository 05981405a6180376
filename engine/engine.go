// Package engine decides: may this request pass, and as whom?
//
// It is the walk of the whole product, and knows how to do none of its steps:
// the path tree says what a route asks, a strategy finds a credential and
// proves an identity. What the engine owns is their order, and that every way
// off the path ends in a refusal.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/policy"
)

// A Login is where people sign in. The zero Login is nowhere.
type Login struct {
	URL string // absolute
	// Origin is scheme://host[:port] of the requests that it helps: the browser
	// brings what it gets there to no other.
	Origin string
	// HandsOver reports whether sign-ins are handed over to another origin: there its
	// requests find the same path. nil: to none.
	HandsOver func(scheme, host string) bool
}

// at returns where the user of a request signs in, or "".
func (l *Login) at(r *edgeward.Request) string {
	here := r.Scheme + "://" + r.Host
	path, below := strings.CutPrefix(l.URL, l.Origin)
	switch {
	case l.URL == "":
	case here == l.Origin:
		return l.URL
	case below && l.HandsOver != nil && l.HandsOver(r.Scheme, r.Host):
		return here + path
	}
	return ""
}

// An Asserter signs a statement of who is asking, for upstreams that want
// proof instead of a header. An error that wraps an [edgeward.Reason] refuses the
// request for it; any other is answered 503. It is safe for concurrent use, and
// keeps neither r nor id.
type Asserter interface {
	Assert(ctx context.Context, r *edgeward.Request, id *edgeward.Identity) (string, error)
}

// AccessTokens gives the access token that a provider gave at the sign-in of a user,
// for an upstream that accepts it: "" where there is none, as of an API key. An error
// that wraps no [edgeward.Reason] means that it is unknown, which is answered 503. It
// is safe for concurrent use and keeps no reference to id.
type AccessTokens interface {
	AccessToken(ctx context.Context, id *edgeward.Identity) (string, error)
}

// Revocations knows which identities were revoked before they expire. It is
// asked on every decision, also when the verification was cached.
//
// An error that wraps [edgeward.CredentialRevoked] means that the identity is
// revoked; any other means that it is unknown whether it is, which is answered
// 503. All methods are safe for concurrent use and keep no reference to id.
type Revocations interface {
	// Check answers from memory: it does no I/O, and waits for nothing that does.
	Check(id *edgeward.Identity) error
	// Ask asks the store.
	Ask(ctx context.Context, id *edgeward.Identity) error
	// Staleness is how old what Check answers by may be at now.
	Staleness(now time.Time) time.Duration
}

// Limits slows down clients that guess. It decides itself which outcomes are
// failed attempts. Both methods are safe for concurrent use and do no I/O. The
// zero Addr is a client that is unknown, which never waits.
type Limits interface {
	// Check returns nil, or an error that wraps [edgeward.TooManyFailures] for a
	// client that has to wait.
	Check(client netip.Addr) error
	// Record notes the outcome of verifying a credential, nil for success, and
	// returns what to answer: err as it is, or an error that wraps
	// [edgeward.TooManyFailures]. Of many failed attempts at once no more are
	// answered than of attempts in turn.
	Record(client netip.Addr, err error) error
}

// Config is what an Engine decides by. The zero value has no hosts, so it
// refuses everything.
type Config struct {
	Hosts       *policy.Hosts
	Strategies  []Strategy
	Asserter    Asserter         // needed once a route asks for an assertion
	Tokens      AccessTokens     // needed once a route gives the provider's access token to its upstream
	Revocations Revocations      // nil: nothing is ever revoked
	Limits      Limits           // nil: anybody may guess
	Login       Login            // told to people who have to sign in
	Now         func() time.Time // nil means time.Now
}

// An Engine implements [edgeward.Decider]. It is immutable and safe for
// concurrent use: a new configuration is a new Engine.
type Engine struct {
	hosts       *policy.Hosts
	strategies  []Strategy
	asserter    Asserter
	tokens      AccessTokens
	revocations Revocations
	limits      Limits
	login       Login
	now         func() time.Time
	made        *made               // of headers of routes; nil where no route has any
	fields      edgeward.FieldNames // by which routes speak to applications, of all hosts; nil: none
}

// New checks that every route can be decided and returns the Engine.
func New(cfg Config) (*Engine, error) {
	e := &Engine{
		hosts: cfg.Hosts, strategies: slices.Clone(cfg.Strategies), asserter: cfg.Asserter, tokens: cfg.Tokens,
		revocations: cfg.Revocations, limits: cfg.Limits, login: cfg.Login, now: cfg.Now,
	}
	if e.now == nil {
		e.now = time.Now
	}
	faults := e.checkStrategies()
	var err error
	if e.fields, err = e.hosts.FieldNames(); err != nil {
		faults = append(faults, fmt.Errorf("engine: %w", err))
	}
	if e.fields != nil {
		e.made = &made{}
	}
	for route := range e.hosts.All() {
		for _, name := range route.Authenticate {
			if e.strategy(name) == nil {
				faults = append(faults, fmt.Errorf("engine: route %s asks for strategy %q, which is not configured", route.Label(), name))
			}
		}
		if route.Authorization.WantsAccessToken() && e.tokens == nil {
			faults = append(faults, fmt.Errorf("engine: route %s asks for the provider's access token, and none is kept", route.Label()))
		}
		if route.Assertion && e.asserter == nil {
			faults = append(faults, fmt.Errorf("engine: route %s asks for an assertion, and no key is configured to sign it", route.Label()))
		}
	}
	return e, errors.Join(faults...)
}

// checkStrategies refuses strategies that could not prove anything, and two of
// one name: a route that names it would get the first, whichever was meant.
func (e *Engine) checkStrategies() (faults []error) {
	for i := range e.strategies {
		s := &e.strategies[i]
		if err := s.check(); err != nil {
			faults = append(faults, err)
		} else if e.strategy(s.Name) != s {
			faults = append(faults, fmt.Errorf("engine: strategy %q is configured twice", s.Name))
		}
	}
	return faults
}

// Decide walks a request through the product:
// host → route → preflight? → from where? → whose page? → who may come? → credential → identity → revoked? → permission → headers.
func (e *Engine) Decide(ctx context.Context, r *edgeward.Request) edgeward.Decision {
	tree, host, known := e.hosts.Lookup(r.Host)
	if !known {
		return e.refuse(r, &policy.Route{}, fmt.Errorf("engine: no routes are for host %q: %w", r.Host, edgeward.UnknownHost))
	}
	route, covered := tree.Lookup(r.Method, r.Path)
	if !covered {
		return e.refuse(r, &policy.Route{Host: host}, edgeward.NoRoute)
	}
	if asked, ok := preflight(tree, r); ok {
		return asked
	}
	if route.Unspecified() {
		return e.refuse(r, route, edgeward.RouteSilent)
	}
	if err := outside(r, route); err != nil {
		return e.refuse(r, route, err)
	}
	if err := crossOrigin(r, route); err != nil {
		return e.refuse(r, route, err)
	}
	if route.Public() {
		return e.allow(r, route, edgeward.Decision{Reason: edgeward.Public})
	}
	d := e.identify(ctx, r, route)
	if !d.Allow && route.PublicNetworks.Has(r.ClientIP) {
		return e.pass(r, route, d)
	}
	return d
}

// identify decides about a request that has to prove who is asking.
func (e *Engine) identify(ctx context.Context, r *edgeward.Request, route *policy.Route) edgeward.Decision {
	proven, err := e.authenticate(ctx, r, route)
	if err != nil {
		return e.refuse(r, route, err)
	}
	return proven.renew(e.judge(ctx, r, route, &proven))
}

// judge decides about an identity that is proven:
// may a page open this? → revoked? → permission → how and when authenticated? → headers.
func (e *Engine) judge(ctx context.Context, r *edgeward.Request, route *policy.Route, proven *proof) edgeward.Decision {
	if err := handshake(r, route, proven.credential); err != nil {
		return e.refuse(r, route, err)
	}
	if err := e.revoked(ctx, route, proven.identity); err != nil {
		return e.refuse(r, route, err)
	}
	if err := e.permit(r, route, proven.identity); err != nil {
		return e.refuse(r, route, err)
	}
	if err := e.authenticated(route, proven.identity); err != nil {
		return e.refuse(r, route, err)
	}
	upstream, omitted, err := e.identityHeader(ctx, r, route, proven.identity)
	if err != nil {
		return e.refuse(r, route, err)
	}
	return e.allow(r, route, edgeward.Decision{
		Reason: edgeward.Authenticated, Identity: proven.identity, Credential: proven.credential, Upstream: upstream, Omitted: omitted,
	})
}

// revoked asks whether a proven identity was revoked. When this node's
// knowledge is older than the route allows, the authority is asked, or nothing
// can be said.
func (e *Engine) revoked(ctx context.Context, route *policy.Route, id *edgeward.Identity) error {
	if e.revocations == nil {
		return nil
	}
	if route.MaxStaleness > 0 && e.revocations.Staleness(e.now()) > route.MaxStaleness {
		if route.WhenStale == policy.AskAuthority {
			return e.revocations.Ask(ctx, id)
		}
		return errStale
	}
	return e.revocations.Check(id)
}

var errStale error = &edgeward.UnavailableError{
	What: "revocations", RetryAfter: time.Second, Err: errors.New("what this node knows is older than the route allows"),
}

// permit asks whether a proven identity may use the route. An issuer or an
// audience that this route does not accept makes the token invalid here (RFC
// 6750 §3.1); a missing permission leaves it valid and insufficient, and so does a rule
// that it satisfies in none of its alternatives.
func (e *Engine) permit(r *edgeward.Request, route *policy.Route, id *edgeward.Identity) error {
	if len(route.Issuers) > 0 && !slices.Contains(route.Issuers, id.Issuer) {
		return fmt.Errorf("engine: issuer %s is not one of the route's: %w", id.Issuer, edgeward.TokenIssuer)
	}
	if len(route.Audiences) > 0 && !overlap(route.Audiences, id.Audience) {
		return fmt.Errorf("engine: the credential is for none of the route's audiences: %w", edgeward.TokenAudience)
	}
	for _, permission := range route.Permissions {
		if !id.Has(permission) {
			return fmt.Errorf("engine: permission %s is missing: %w", permission, edgeward.InsufficientScope)
		}
	}
	if route.Allow.Empty() {
		return nil
	}
	var now time.Time
	if route.Allow.Timed() {
		now = e.now()
	}
	v := route.Allow.Judge(id, r.ClientIP, now)
	if asked, cures := v.StepUp(); cures { // and then the route is asked for the rest
		return &edgeward.StepUpError{StepUp: asked.And(route.StepUp)}
	}
	return v.Err()
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
