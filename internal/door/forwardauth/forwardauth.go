// Package forwardauth is the door for proxies that ask before they forward:
// nginx (auth_request), Traefik (forwardAuth) and Caddy (forward_auth).
//
// The proxy asks GET /verify and repeats the client's request in header fields.
// The method of the question says nothing and may be any. The answer is 200 with
// the identity fields for the proxy to copy, and with the client's Authorization,
// Cookie and X-API-Key as they may travel on; or it is a refusal for the proxy to
// pass on. nginx passes none on and asks again, at [RefusalPath]. Any other path
// is 404.
//
// No other 2xx is ever an answer to /verify: every proxy takes one for a yes. So
// a preflight, which the reverse proxy answers by itself, is 403 here, with the
// fields of its answer: nginx gets the 204 at [RefusalPath], Caddy makes one by
// its configuration. Where the route's OPTIONS is public it is 200, and the
// application answers. Endpoints for users at the host that was asked about answer
// by themselves: see [Endpoints].
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
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/identity"
	"github.com/edgeward/edgeward/internal/wire/page"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// Path is where a front asks; see also [NamedPath] and [RefusalPath].
const Path = "/verify"

// A Config says whom to ask and whom to answer. The zero Config answers nobody.
type Config struct {
	Decider  edgeward.Decider
	Trusted  *clientip.Trusted // the proxies that may ask; nil: none, not even loopback
	Observer door.Observer     // nil watches nothing
	Hosts    *canonical.Hosts  // others are refused; nil: every host
	Fields   *identity.Fields  // which cookies are Edgeward's; nil: those with the usual names
	Pages    *page.Look        // how what users are answered looks
	// Endpoints are answered in place of the decider; the zero value has none.
	Endpoints Endpoints
}

type handler struct {
	door    door.Door
	trusted *clientip.Trusted

	endpoints Endpoints
}

// New returns the door, safe for concurrent use.
func New(cfg Config) http.Handler {
	return &handler{
		door:    door.Door{Decider: cfg.Decider, Trusted: cfg.Trusted, Observer: cfg.Observer, Hosts: cfg.Hosts, Fields: cfg.Fields, Pages: cfg.Pages, Vet: checkLookAlikes},
		trusted: cfg.Trusted, endpoints: cfg.Endpoints,
	}
}

// ServeHTTP implements [http.Handler].
func (f *handler) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	switch path := hr.URL.Path; {
	case path == Path, isNamed(hr):
		f.verify(w, hr)
	case path == RefusalPath:
		f.show(w, hr)
	default:
		door.Fail(w, hr, door.NewVisit(), problem.NotFound)
	}
}

func (f *handler) verify(w http.ResponseWriter, hr *http.Request) {
	if f.own(hr) {
		f.serve(w, hr)
		return
	}
	v := f.door.ReceiveBy(hr, f.read)
	switch {
	case v.Decision.Allow, v.Decision.Reason == edgeward.Preflight && v.Decision.Forwardable:
		admit(w, hr, v)
	default:
		refuse(w, hr, v)
	}
}

// refuse answers for the proxy to pass on. nginx passes nothing on but the
// status and a challenge. It gets all that the client should see in
// [HeaderRefusal], and the address of the sign-in in Location, beside the 401:
// a configuration that asks no second time can make a redirect of that.
func refuse(w http.ResponseWriter, hr *http.Request, v *door.Visit) {
	to := problem.SignIn(&v.Request, &v.Decision)
	switch {
	case speaksNginx(hr.Header):
		remember(w.Header(), v)
		if to != "" {
			w.Header().Set("Location", fitting(to, v, len(w.Header().Get(HeaderRefusal))))
		}
	case to != "":
		door.Redirect(w, hr, v, to)
		return
	}
	if v.Decision.Reason == edgeward.Preflight {
		door.Fail(w, hr, v, problem.PreflightUnanswered) // see the package comment
		return
	}
	door.RefuseAs(w, hr, v, status(v.Decision.Reason, hr.Header))
}

// maxTold bounds, in bytes, Location and [HeaderRefusal] together: nginx reads
// all the fields of an answer into 4 KiB unless it is configured otherwise, and
// makes a 502 of more.
const maxTold = 3<<10 + 256

// fitting returns to, or the sign-in without the page to come back to.
func fitting(to string, v *door.Visit, beside int) string {
	if len(to)+beside > maxTold {
		return v.Decision.Login
	}
	return to
}

// admit answers 200. Every identity field is there, empty when the identity has
// nothing to say in it: a proxy that copies them overwrites what the client
// sent (CVE-2026-30851). For the same reason the fields that can carry a
// credential, and those that some route edits, are there when the client sent them,
// as they may travel on.
func admit(w http.ResponseWriter, hr *http.Request, v *door.Visit) {
	door.LimitUnreadBody(w, hr)
	h := w.Header()
	for name := range identity.Names(v.Decision.OwnFields) {
		h[name] = absent
	}
	for name, values := range v.Travelling() {
		h[name] = values
	}
	for name, values := range v.Decision.Upstream {
		h[name] = values
	}
	door.SetResponseHeader(h, v)
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
