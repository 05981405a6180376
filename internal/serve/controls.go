package serve

import (
	"net/http"
	"path/filepath"
	"sync"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/console"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/endpoint/admin"
	"github.com/edgeward/edgeward/internal/endpoint/admin/backup"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/telemetry"
	"github.com/edgeward/edgeward/internal/wire/clientip"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

// controls are what operators and back ends ask on the admin listener, over the
// System that is current when a request arrives.
type controls struct {
	gateway *Process
	signIns console.SignIns // outlive a reload

	mu           sync.Mutex // guards what follows
	system       *gateway.System
	api, console http.Handler
}

// control is /v1.
func (c *controls) control(w http.ResponseWriter, r *http.Request) {
	api, _ := c.current()
	api.ServeHTTP(w, r)
}

// page is /console.
func (c *controls) page(w http.ResponseWriter, r *http.Request) {
	_, page := c.current()
	page.ServeHTTP(w, r)
}

// current returns both over the current System. A reload makes others, and
// requests that have begun end on theirs.
func (c *controls) current() (api, page http.Handler) {
	system := c.gateway.live.System()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.system != system {
		c.system, c.api, c.console = system, c.over(system), c.consoleOver(system)
	}
	return c.api, c.console
}

// logged returns a handler that logs every request but those for paths that ask
// again: what an open page of the console asks by itself every other second, and
// nginx's second question about one request.
func logged(access telemetry.Access, door string, h http.Handler, again func(path string) bool) http.Handler {
	written := access.Handler(door, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if again(r.URL.Path) {
			h.ServeHTTP(w, r)
			return
		}
		written.ServeHTTP(w, r)
	})
}

func (c *controls) over(system *gateway.System) http.Handler {
	if system.Authority == nil || system.Authority.APIKeys == nil {
		return http.HandlerFunc(withoutAPIKeys)
	}
	memory := system.State()
	cfg := admin.Config{Authority: system.Authority, Store: memory.Store(), Failed: c.gateway.metrics.Failed}
	if s := system.Config.Sessions; s != nil {
		cfg.Cookie = s.Cookie
	}
	if write := memory.Backup(); write != nil {
		source := backup.Source{Write: write}
		if file := system.Config.Store.File(); file != "" {
			source.Scratch = filepath.Dir(file) // where a copy fits, and whose it is
		}
		cfg.Backup = source.Open
	}
	api, err := admin.New(cfg)
	if err != nil {
		c.gateway.log.Error("the control API is closed", "error", err)
		return http.HandlerFunc(withoutAPIKeys)
	}
	return &door.Endpoints{Set: api, Trusted: (*clientip.Trusted)(nil).Local(), Observer: c.gateway.metrics}
}

func (c *controls) consoleOver(system *gateway.System) http.Handler {
	if system.Authority == nil || system.Authority.APIKeys == nil {
		return http.HandlerFunc(withoutAPIKeys)
	}
	cfg := console.Config{
		Authority: system.Authority, SignIns: &c.signIns, Hosts: system.Config.Hosts, Decider: system.Decider,
		Traffic: c.gateway.traffic, State: c.gateway.state, Ready: system.Ready, Degraded: system.Degraded,
		AuditFile: system.Config.Store.AuditPath(), Version: c.gateway.version, Observer: c.gateway.metrics,
	}
	if operators := system.Operators; operators != nil {
		cfg.Login = operators
	}
	var page http.Handler
	var err error
	if cfg.Trusted, err = system.Config.Proxies(); err == nil {
		page, err = console.New(cfg)
	}
	if err != nil {
		c.gateway.log.Error("the console is closed", "error", err)
		return http.HandlerFunc(withoutAPIKeys)
	}
	return page
}

// withoutAPIKeys answers where no client could show a key.
func withoutAPIKeys(w http.ResponseWriter, _ *http.Request) {
	missing := problem.Failure{
		Fault: problem.NotFound, Detail: "The control API and the console need store, tokens.secret and api_keys in the configuration.",
	}
	d := missing.Document(door.NewVisit().Request.ID)
	body := d.Program(edgeward.Header(w.Header()))
	w.WriteHeader(d.Status)
	_, _ = w.Write(body)
}
