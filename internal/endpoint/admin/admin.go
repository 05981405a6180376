// Package admin is the API under /v1: for the application's back end, which gets
// sessions and tokens here for the users whose password it has checked, and for
// operators and their command line. The gateway serves it on the admin listener,
// the Worker beside the application.
//
// Every client shows an API key, in a header field, and the key bears
// [adminscope.Admin] or the scope of the operation. A browser adds no such field
// by itself; what a page of another origin sends is refused all the same.
//
// Requests are read strictly: one JSON object of up to 64 KiB, no unknown
// member, no unknown parameter. A client that repeats a POST under the same
// Idempotency-Key gets the answer of the first one: see remember.go. What has
// begun is carried through although the client hangs up.
//
// openapi.json describes the API, and the tests hold both to each other.
package admin

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

// prefix is that of every path of the API.
const prefix = "/v1/"

// Config is what the API is made of.
type Config struct {
	Authority *issuance.Authority // with API keys, or an AdminSecret
	// Store keeps what was answered under an Idempotency-Key.
	Store store.Backend
	// Cookie is the name of the session cookie; "" means [session.CookieName].
	Cookie string
	// AmongRoutes says that the API stands at an application's host: what it does not
	// serve below /v1/ is the application's.
	AmongRoutes bool
	// Backup returns a consistent copy of the store; nil: the store has none, as on
	// a Worker, whose platform keeps copies of its objects.
	Backup func(ctx context.Context) (*endpoint.Stream, error)
	// Failed is told of trouble that no answer explains; nil ignores it.
	Failed func(ctx context.Context, r *edgeward.Request, err error)
	Now    func() time.Time // nil means time.Now
}

type api struct{ Config }

// New checks cfg and returns the endpoints.
func New(cfg Config) (*endpoint.Set, error) {
	switch a := cfg.Authority; {
	case a == nil || a.APIKeys == nil && a.AdminSecret.IsZero():
		return nil, errors.New("admin: no client can call the control API without API keys")
	case cfg.Store == nil || !cfg.Store.Contract().CompareAndSwap:
		return nil, errors.New("admin: idempotency keys need a store that compares and swaps")
	}
	if cfg.Cookie == "" {
		cfg.Cookie = session.CookieName
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	api := &api{cfg}
	s := &endpoint.Set{Programs: true, Authenticate: cfg.Authority.AuthenticateOperator, Refused: api.refused}
	if !cfg.AmongRoutes {
		s.Prefix = prefix
	}
	for _, o := range operations() {
		s.Endpoints = append(s.Endpoints, endpoint.Endpoint{
			Method: o.method, Path: o.path, Pages: endpoint.NoOtherPages, Scope: o.scope,
			Run: func(ctx context.Context, in *endpoint.Call) (endpoint.Reply, error) { return api.run(ctx, &o, in) },
		})
	}
	return s, nil
}

// refused tells the audit log of a call that was refused: by the operation's
// pattern, for its path may hold what the client should have kept to itself.
func (api *api) refused(ctx context.Context, in *endpoint.Call, err error) {
	what := issuance.Record{Action: "control.denied", Object: in.Endpoint.Method + " " + in.Endpoint.Path}
	api.Authority.Refused(ctx, by(in), what, err)
}

// by says for the audit log who called.
func by(in *endpoint.Call) issuance.By {
	by := in.By()
	switch {
	case in.Identity != nil && in.Identity.APIKey != "":
		by.Actor = "api_key:" + in.Identity.APIKey
	case in.Identity != nil:
		by.Actor = in.Identity.Method
	}
	return by
}

//go:embed openapi.json
var openapi []byte

// Document returns the OpenAPI document of the API, as JSON.
func Document() []byte { return openapi }
