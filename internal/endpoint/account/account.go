// Package account is the endpoints for users: they sign in at an OpenID provider,
// see where they are signed in, and sign out, on the gateway's own origin and, but
// for the callback and the provider's word, on every host that is listed. They stand
// below a prefix that is configured, /auth unless it says otherwise:
//
//	GET  /auth/login               begins a sign-in; return_to, provider, acr_values, max_age, prompt
//	GET  /auth/callback            the provider sends users back here
//	GET  /auth/arrive              a sign-in that another host began arrives there
//	GET  /auth/session             who is signed in, for scripts
//	GET  /auth/sessions            where one is signed in, for users
//	POST /auth/sessions            ends one of them, or all others; makes and ends
//	                               personal tokens
//	GET  /auth/logout              asks whether to leave
//	POST /auth/logout              leaves; scope=everywhere, provider=1
//	GET  /auth/signed-out          says so
//	POST /auth/backchannel-logout  the provider says that a user has signed out
//	GET  /auth/frontchannel-logout a page of the provider's has the browser say so
//
// A GET changes nothing but the cookies of the browser that asked for it, except that a
// front-channel logout ends what its sid names. A POST
// has to say that a page of ours has caused it; the provider's proves itself by
// a signed token instead.
//
// Users get pages, which need no script; scripts get problem documents. A refusal
// never leaves a user half signed in, and a dependency in trouble takes no cookie
// away.
package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/keep/ticket"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/login"
)

// Paths returns those of the endpoints that stand at prefix.
func Paths(prefix userpath.Prefix) []string {
	return []string{
		prefix.Login(), prefix.Callback(), prefix.Arrive(), prefix.Session(), prefix.Sessions(), prefix.Logout(), prefix.SignedOut(), prefix.Backchannel(), prefix.Frontchannel(),
	}
}

// Config is what the endpoints are made of. The zero value is refused.
type Config struct {
	Login   *login.Login // sends browsers back to Prefix.Callback
	Tickets *ticket.Tickets
	Prefix  userpath.Prefix
	Pages   *page.Look
	// Authority gives what Outcome says: it needs sessions, or a minter,
	// refresh families and a verifier of our tokens, or all of them.
	Authority     *issuance.Authority
	Outcome       issuance.Outcome
	Personal      *PersonalTokens // nil: users make none
	SessionCookie string          // its name; "" means [cookie.Session]
	Home          string          // where who names no page is led to at the login's origin; "" means "/"
	// Bounds are those of one user's sign-ins; the zero Bounds mean
	// [issuance.DefaultBounds].
	Bounds issuance.Bounds
	// CrowdedOut is called for every session or refresh family that ends because its
	// user has more sign-ins than Bounds let live, with the name of the provider. nil
	// ignores it.
	CrowdedOut func(provider string)
	// StepUps are what routes ask of how a user authenticated, which
	// [userpath.Prefix.Login] can ask a provider for.
	StepUps []edgeward.StepUp
	// Asks is what the route of a page asks of it, for a sign-in whose URL does not say:
	// some web servers know one URL for all pages. nil: nothing.
	Asks func(host, path string) edgeward.StepUp
	// SignedIn is told how every sign-in that came back ended, "ok" or the code
	// of the refusal, and at which provider, "" when it is unknown. nil ignores it.
	SignedIn func(provider, result string)
	// Arrived is told how every ticket that came to a host ended, "ok" or why it gave
	// nothing. nil ignores it.
	Arrived func(result string)
	Now     func() time.Time // nil means time.Now
}

// A handler is what the endpoints share. It is safe for concurrent use.
type handler struct {
	Config
	pace, handovers, strangers *pace
}

// New checks cfg and returns its endpoints.
func New(cfg Config) (*endpoint.Set, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	h := &handler{Config: cfg, pace: newPace(cfg.Bounds.Burst, cfg.Bounds.Interval), handovers: newPace(handoverBurst, handoverEvery), strangers: newPace(strangerBurst, strangerEvery)}
	formPost := &problem.Failure{Fault: problem.FormPost, Err: fmt.Errorf("account: the provider answered by POST, set response_mode=query there: %w", edgeward.MethodNotAllowed)}
	// The cookies are this host's: elsewhere a sign-in would never end, but where it is
	// handed over.
	set := &endpoint.Set{Origin: cfg.Login.Origin(), LoginURL: cfg.Login.Origin() + cfg.Prefix.Login(), Pages: cfg.Pages, Elsewhere: cfg.Login.HandsOver}
	for i := range served {
		s := &served[i]
		set.Endpoints = append(set.Endpoints, endpoint.Endpoint{Method: s.method, Path: s.path(cfg.Prefix), AtHosts: !s.here, ByRedirect: s.redirects, Run: h.run(s.run)})
	}
	set.Endpoints = append(set.Endpoints,
		endpoint.Endpoint{Method: "POST", Path: cfg.Prefix.Callback(), Err: formPost},
		endpoint.Endpoint{Method: "POST", Path: cfg.Prefix.Backchannel(), Pages: endpoint.AllPages, AnyOrigin: true, Run: h.run((*handler).backchannel)},  // a signed token
		endpoint.Endpoint{Method: "GET", Path: cfg.Prefix.Frontchannel(), Pages: endpoint.AllPages, AnyOrigin: true, Run: h.run((*handler).frontchannel)}) // by a page of the provider's
	return set, nil
}

// served are the endpoints that are guarded alike.
var served = [...]struct {
	method          string
	path            func(userpath.Prefix) string
	run             func(h *handler, ctx context.Context, x *exchange, r *edgeward.Request) error
	here, redirects bool
}{
	{"GET", userpath.Prefix.Login, (*handler).login, false, true},
	{"GET", userpath.Prefix.Callback, (*handler).callback, true, true},
	{"GET", userpath.Prefix.Arrive, (*handler).arrive, false, true},
	{"GET", userpath.Prefix.Session, (*handler).session, false, false},
	{"GET", userpath.Prefix.Sessions, (*handler).sessions, false, false},
	{"POST", userpath.Prefix.Sessions, (*handler).changeSessions, false, false},
	{"GET", userpath.Prefix.Logout, (*handler).confirm, false, false},
	{"POST", userpath.Prefix.Logout, (*handler).logout, false, true},
	{"GET", userpath.Prefix.SignedOut, (*handler).signedOut, false, false},
}

func (cfg *Config) complete() error {
	if cfg.Login == nil || cfg.Tickets == nil || cfg.Authority == nil {
		return errors.New("account: a login, its tickets and an authority are needed")
	}
	if cfg.Login.CallbackPath() != cfg.Prefix.Callback() {
		return errors.New("account: the login sends browsers back elsewhere than to the callback of these endpoints")
	}
	a, o := cfg.Authority, cfg.Outcome
	hasSessions, hasTokens := a.Sessions != nil, a.Minter != nil && a.Families != nil && a.Tokens != nil
	if !o.Session() && !o.Tokens() || o.Session() && !hasSessions || o.Tokens() && !hasTokens {
		return errors.New("account: signing in has no outcome, or one that the authority cannot give")
	}
	if cfg.SessionCookie == "" {
		cfg.SessionCookie = cookie.Session
	}
	if cfg.SignedIn == nil {
		cfg.SignedIn = func(string, string) {}
	}
	if cfg.Bounds == (issuance.Bounds{}) {
		cfg.Bounds = issuance.DefaultBounds()
	}
	if b := cfg.Bounds; b.PerUser < 1 || b.PerSession < 1 || b.Burst < 1 || b.Interval <= 0 {
		return errors.New("account: a bound of sign-ins is zero, so that none could live")
	}
	if cfg.CrowdedOut == nil {
		cfg.CrowdedOut = func(string) {}
	}
	if cfg.Arrived == nil {
		cfg.Arrived = func(string) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return nil
}

// An exchange is one request at an endpoint.
type exchange struct {
	*endpoint.Call
	handler *handler
	jar     jar
	reply   endpoint.Reply
	form    string // where the page's forms may lead beside our own origin, or ""
}

func (h *handler) run(do func(h *handler, ctx context.Context, x *exchange, r *edgeward.Request) error) func(context.Context, *endpoint.Call) (endpoint.Reply, error) {
	return func(ctx context.Context, c *endpoint.Call) (endpoint.Reply, error) {
		x := &exchange{Call: c, handler: h, jar: h.jar(c)}
		err := do(h, ctx, x, c.Request)
		if x.reply.Header == nil {
			x.reply.Header = edgeward.Header{}
		}
		if len(x.reply.Header["Cross-Origin-Resource-Policy"]) == 0 {
			x.reply.Header.Set("Cross-Origin-Resource-Policy", "same-origin")
		}
		return x.reply, err
	}
}

// seeOther sends the browser elsewhere.
func (x *exchange) seeOther(location string) error {
	x.reply = endpoint.SeeOther(location)
	return nil
}

const maxForm = 16 << 10 // bytes; the longest thing in one is a logout token of 8 KiB

// malformed is the refusal of a request that breaks rule.
func malformed(rule string) error {
	return fmt.Errorf("account: %s: %w", rule, edgeward.MalformedRequest)
}

// errNobody is the refusal of a request that a signed-in user has to make.
var errNobody = fmt.Errorf("account: no user is signed in: %w", edgeward.CredentialMissing)

// errNotFound says that what a form names is not there, or is another user's: the
// client does not learn which.
var errNotFound = &problem.Failure{Fault: problem.NotFound, Err: fmt.Errorf("account: no such session: %w", edgeward.MalformedRequest)}
