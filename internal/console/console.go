// Package console is the operator's page, under /console on the admin listener:
// what the edge does now, why it refuses, and by whose hand a credential begins
// and ends.
//
// Operators sign in with an API key that bears [adminscope.Admin], or
// through a provider that grants that permission. The browser gets a random
// cookie; what it stands for is asked again on every request, so that whoever
// loses the key loses the console at once. Every operation goes through
// [issuance.Authority], in the operator's name, and so into the audit log.
//
// The pages are complete without scripts. The one script only asks for the live
// parts again, and what a page asks by itself keeps no one signed in. A GET
// changes nothing; a POST has to say that it comes from one of our own pages;
// what ends something is asked back on a page of its own.
//
// A store that cannot tell is answered 503, and nothing is claimed.
package console

import (
	"errors"
	"html/template"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/telemetry"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/policy"
)

// rootPath is where the console is; everything else of it is below.
const rootPath = "/console"

// Config is what a Console is made of. The zero value is refused.
type Config struct {
	Authority *issuance.Authority // with API keys
	Hosts     *policy.Hosts
	Traffic   *telemetry.Traffic
	State     func() telemetry.State // quick, and safe for concurrent use
	Ready     func() error           // nil when requests can be served; says what is waited for
	Degraded  func() []error         // what some requests cannot be decided without; nil: nothing ever

	SignIns   *SignIns          // who is signed in, kept over reloads; nil begins with nobody
	Login     Login             // nil: API keys only
	Decider   edgeward.Decider  // decides about requests to be explained; nil explains routes only
	AuditFile string            // the audit log; "" for none
	Version   string            // of the program, to be shown
	Trusted   *clientip.Trusted // proxies in front that are believed; nil: none
	Observer  door.Observer     // nil watches nothing
	Now       func() time.Time  // nil means time.Now
}

// A Console is an [http.Handler] for rootPath and every path below. It is safe
// for concurrent use.
type Console struct {
	Config
	pages     []page
	sections  []section
	templates map[string]*template.Template
	verifying chan struct{} // holds a token while the audit log is read whole
}

// New checks cfg and returns its Console.
func New(cfg Config) (*Console, error) {
	switch {
	case cfg.Authority == nil || cfg.Authority.APIKeys == nil:
		return nil, errors.New("console: there is no sign-in without API keys")
	case cfg.Hosts == nil || cfg.Traffic == nil || cfg.State == nil || cfg.Ready == nil:
		return nil, errors.New("console: routes, traffic and state are what it shows")
	}
	if cfg.SignIns == nil {
		cfg.SignIns = new(SignIns)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	c := &Console{Config: cfg, pages: pages(), verifying: make(chan struct{}, 1)}
	for _, s := range sections {
		if s.has == nil || s.has(&c.Config) {
			c.sections = append(c.sections, s)
		}
	}
	var err error
	c.templates, err = parseTemplates(cfg.Now)
	return c, err
}

// ServeHTTP implements [http.Handler].
func (c *Console) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	x := &exchange{Console: c, in: hr, w: w}
	d := door.Door{Decider: x, Trusted: c.Trusted.Local(), Observer: c.Observer, Endpoint: true}
	x.visit = d.Receive(hr)
	if !x.visit.Decision.Allow {
		x.turnAway()
		return
	}
	x.serve()
}

// Polled reports whether pages ask for path by themselves, every few seconds.
func Polled(path string) bool { return path == livePath || path == liveRefusalsPath }
