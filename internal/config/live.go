package config

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A Live serves a System that can be replaced while it runs: whole, or not at
// all. A request that has begun ends on the System that it began on. It is
// safe for concurrent use.
type Live struct {
	env      Environment
	current  atomic.Pointer[System]
	reloaded func(err error, now time.Time)
	mu       sync.Mutex // serialises reloads; requests never take it
}

// NewLive builds c and returns it, ready to serve. reloaded, which may be nil,
// is told of every attempt to reload, and of this first one.
func NewLive(c *Config, env Environment, reloaded func(err error, now time.Time)) (*Live, error) {
	return nil, nil
}

// System returns the one that serves now.
func (l *Live) System() *System { return l.current.Load() }

// Proxy and ForwardAuth serve the doors of the current System. A door that it
// does not have answers 404.
func (l *Live) Proxy() http.Handler       { return nil }
func (l *Live) ForwardAuth() http.Handler { return nil }

// Reload loads the configuration again and swaps the Systems, or reports what
// is wrong and changes nothing. A listen address that changed is wrong:
// listeners are opened once, at the start.
func (l *Live) Reload() error { return nil }

// Run keeps the key sets fresh and reloads when a file changed, until ctx is
// done.
func (l *Live) Run(ctx context.Context) error { return nil }
