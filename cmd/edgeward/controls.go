package main

import (
	"net/http"
	"path/filepath"
	"sync"

	"github.com/edgeward/edgeward/internal/config"
	"github.com/edgeward/edgeward/internal/control"
)

// controls is /v1 on the admin listener: the control API over the System that
// is current when a request arrives.
type controls struct {
	gateway *gateway

	mu     sync.Mutex // guards both below
	system *config.System
	api    http.Handler
}

// ServeHTTP implements [http.Handler].
func (c *controls) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.current().ServeHTTP(w, r) }

// current returns the API over the current System. A reload makes another one,
// and requests that have begun end on theirs.
func (c *controls) current() http.Handler {
	system := c.gateway.live.System()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.system != system {
		c.system, c.api = system, c.over(system)
	}
	return c.api
}

func (c *controls) over(system *config.System) http.Handler {
	if system.Authority == nil || system.Authority.APIKeys == nil {
		return http.HandlerFunc(withoutAPIKeys)
	}
	memory := system.Memory()
	cfg := control.Config{Authority: system.Authority, Store: memory.Store(), Observer: c.gateway.metrics}
	if s := system.Config.Sessions; s != nil {
		cfg.Cookie = s.Cookie
	}
	if s := system.Config.Store; !s.Memory {
		cfg.Backup = memory.Backup
		cfg.Scratch = filepath.Dir(s.Path) // where a copy fits, and whose it is
	}
	api, err := control.New(cfg)
	if err != nil {
		c.gateway.log.Error("the control API is closed", "error", err)
		return http.HandlerFunc(withoutAPIKeys)
	}
	return api
}

// withoutAPIKeys answers where nobody could show a key.
func withoutAPIKeys(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"type":"about:blank","title":"Not Found","status":404,"code":"not_found",` +
		`"detail":"The control API needs store, tokens.secret and api_keys in the configuration."}` + "\n"))
}
