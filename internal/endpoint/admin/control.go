// Package admin is the API under /v1 on the admin listener: for the
// application's back end, which gets sessions and tokens here for the people
// whose password it has checked, and for operators and their command line.
//
// Every caller shows an API key, in a header field, and the key bears [issuance.ScopeAdmin]
// or the scope of the operation. A browser adds no such field by itself; what a
// page of another origin sends is refused all the same.
//
// Requests are read strictly: one JSON object of up to 64 KiB, no unknown
// member, no unknown parameter. Whoever repeats a POST under the same
// Idempotency-Key gets the answer of the first one: see remember.go. What has
// begun is carried through although the client hangs up.
//
// openapi.json describes the API, and the tests hold both to each other.
package admin

import (
	"context"
	_ "embed"
	"errors"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/session"
	"github.com/edgeward/edgeward/store"
)

// Prefix is that of every path of the API.
const Prefix = "/v1/"

// Config is what an API is made of.
type Config struct {
	Authority *issuance.Authority // with API keys
	// Store remembers what was answered under an Idempotency-Key.
	Store store.Backend
	// Cookie is the name of the session cookie; "" means [session.CookieName].
	Cookie string
	// Backup writes a consistent copy of the store to a new file; nil: the
	// store cannot.
	Backup func(ctx context.Context, path string) error
	// Scratch is the folder in which a copy lies while it is sent. It needs room
	// for one copy. "" means the system's for temporary files.
	Scratch  string
	Trusted  *clientip.Trusted // proxies in front that are believed; nil: none
	Observer door.Observer     // nil watches nothing
	Now      func() time.Time  // nil means time.Now
}

// An API is an [http.Handler] for every path under [Prefix]. It is safe for
// concurrent use.
type API struct {
	Config
	operations []operation
	backingUp  chan struct{} // holds a token while a backup is under way
}

// New checks cfg and returns its API.
func New(cfg Config) (*API, error) {
	switch {
	case cfg.Authority == nil || cfg.Authority.APIKeys == nil:
		return nil, errors.New("admin: nobody can call the control API without API keys")
	case cfg.Store == nil || !cfg.Store.Contract().CompareAndSwap:
		return nil, errors.New("admin: idempotency keys need a store that compares and swaps")
	}
	if cfg.Cookie == "" {
		cfg.Cookie = session.CookieName
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &API{Config: cfg, operations: operations(), backingUp: make(chan struct{}, 1)}, nil
}

// ServeHTTP implements [http.Handler].
func (api *API) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	x := &exchange{api: api, in: hr, w: w}
	d := door.Door{Decider: x, Trusted: api.Trusted.Local(), Observer: api.Observer, Endpoint: true}
	x.visit = d.Receive(hr)
	if !x.visit.Decision.Allow {
		x.refuse(x.visit.Decision.Err)
		return
	}
	if x.operation.send != nil {
		x.send()
		return
	}
	x.serve()
}

//go:embed openapi.json
var openapi []byte

// Document returns the OpenAPI document of the API, as JSON.
func Document() []byte { return openapi }

// describe is GET /v1/openapi.json. The document is no secret.
func describe(_ context.Context, x *exchange) error {
	x.write(http.StatusOK, "application/json", openapi)
	return nil
}

// by says for the audit log who called.
func by(caller *edgeward.Identity, r *edgeward.Request) issuance.By {
	return issuance.By{Actor: "api_key:" + caller.APIKey, RequestID: r.ID, Client: r.ClientIP}
}
