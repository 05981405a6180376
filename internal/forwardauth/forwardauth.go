// Package forwardauth is the door for proxies that ask before they forward:
// nginx (auth_request), Traefik (forwardAuth) and Caddy (forward_auth).
//
// The proxy asks GET /verify and repeats the client's request in header fields;
// any other path is 404. The method of the question says nothing and may be any:
// nginx asks again with the client's own when it shows a refusal. The answer is 200
// with the identity fields for the proxy to copy, or a refusal for it to pass
// on. No other 2xx is ever sent: every proxy takes one for a yes, so that a
// preflight, which the reverse proxy answers by itself, is 403 here. An
// application behind forward-auth answers its preflights itself, on a route
// whose OPTIONS is public.
//
// What comes in is less certain than at the other doors. The fields are
// believed only from a declared proxy, and since a client can send fields that
// its proxy does not know and passes on, everything that is said twice has to be
// said in the same words. What this door could only tell the proxy to remove is
// refused: it sees what the client sent, but it does not hold the request.
package forwardauth

import (
	"net/http"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/clientip"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/problem"
	"github.com/edgeward/edgeward/internal/propagate"
)

// Path is the one path that is answered.
const Path = "/verify"

// A Config says whom to ask and whom to answer. The zero Config answers nobody.
type Config struct {
	Decider  edgeward.Decider
	Trusted  *clientip.Trusted // the proxies that may ask; nil: none, not even loopback
	Observer door.Observer     // nil watches nothing
}

type handler struct {
	door    door.Door
	trusted *clientip.Trusted
}

// New returns the door, safe for concurrent use.
func New(cfg Config) http.Handler {
	return &handler{
		door:    door.Door{Decider: cfg.Decider, Trusted: cfg.Trusted, Observer: cfg.Observer},
		trusted: cfg.Trusted,
	}
}

// ServeHTTP implements [http.Handler].
func (f *handler) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	if hr.URL.Path != Path {
		door.Fail(w, hr, door.NewVisit(), problem.NotFound)
		return
	}
	v := f.door.ReceiveBy(hr, f.read)
	switch {
	case v.Decision.Allow:
		admit(w, hr, v)
	case v.Decision.Reason == edgeward.Preflight:
		door.Fail(w, hr, v, problem.PreflightUnanswered) // see the package comment
	default:
		refuse(w, hr, v)
	}
}

// refuse answers for the proxy to pass on. nginx passes no redirect on: it is
// told where to in Location, beside the 401, and told in its own configuration
// to make a redirect of that.
func refuse(w http.ResponseWriter, hr *http.Request, v *door.Visit) {
	if to := door.SignIn(v); to != "" {
		if !speaksNginx(hr.Header) {
			door.Redirect(w, hr, v, to)
			return
		}
		w.Header().Set("Location", to)
	}
	door.RefuseAs(w, hr, v, status(v.Decision.Reason, hr.Header))
}

// admit answers 200. Every identity field is there, empty when the identity has
// nothing to say in it: a proxy that copies them overwrites what the client
// sent (CVE-2026-30851).
func admit(w http.ResponseWriter, hr *http.Request, v *door.Visit) {
	door.Bound(w, hr)
	h := w.Header()
	for _, name := range propagate.Names() {
		h[name] = absent
	}
	for name, values := range v.Decision.Upstream {
		h[name] = values
	}
	door.Dress(h, v)
	h["Cache-Control"] = noStore
	w.WriteHeader(http.StatusOK)
}

// Field values that all answers share; nobody writes to them.
var (
	absent  = []string{""}
	noStore = []string{"no-store"}
)

// status is what the asking proxy is told. nginx makes a 500 of everything but
// 2xx, 401 and 403.
func status(reason edgeward.Reason, h http.Header) int {
	s := reason.Status()
	if s < 500 && s != http.StatusUnauthorized && speaksNginx(h) {
		return http.StatusForbidden
	}
	return s
}
