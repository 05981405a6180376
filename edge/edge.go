// Package edge opens Edgeward inside a Go program, from the same file and the
// same routes folder that the gateway reads:
//
//	auth, err := edge.Open("edgeward.yaml", edge.Config{})
//	...
//	defer auth.Close()
//	go auth.Run(ctx)
//	http.ListenAndServe(":8080", auth.Protect(app))
//
// The doors of the file (proxy, forward_auth, admin) are the gateway's and may
// be missing; everything else holds. Configuration changes are applied whole or
// not at all. To assemble the parts yourself, use packages engine and httpauth.
//
// It decides and protects, and does no more: the control API, which creates and
// revokes sessions, tokens and API keys, and the metrics are those of the
// gateway's admin listener. A program that opens sessions, tokens or api_keys
// verifies what a gateway over the same store has issued before; the embedded
// store has one process at a time.
package edge

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
)

// A Config says what to tell the program. The zero value tells it nothing.
type Config struct {
	Log *slog.Logger // key sets fetched, configuration reloaded or refused; nil discards
	// Reloaded, if not nil, is told of every attempt to load the file, the first
	// one included; err is nil when it is in force.
	Reloaded func(err error, now time.Time)
}

// An Edge is a configuration that is alive. It implements [edgeward.Decider]
// and is safe for concurrent use.
type Edge struct{ live *gateway.Live }

// Open reads the configuration at path and everything that it names. The error
// lists every mistake with file, line and column, and what to do about it. No
// key set is fetched yet: see [Edge.Run].
func Open(path string, cfg Config) (*Edge, error) {
	c, err := source.Load(path)
	if err != nil {
		return nil, err
	}
	live, err := gateway.NewLive(c, gateway.Environment{Log: cfg.Log}, cfg.Reloaded)
	if err != nil {
		return nil, err
	}
	return &Edge{live}, nil
}

// Run fetches key sets ahead of their need, ends open exchanges whose identity
// was taken back, and takes over changed files, until ctx is done. Without it
// keys are fetched when a request needs them, nothing that is open is ended, and
// files are read once.
func (e *Edge) Run(ctx context.Context) error { return e.live.Run(ctx) }

// Close closes the store, if the file names one. It comes after Run and after
// the last request: what comes later cannot tell.
func (e *Edge) Close() error { return e.live.Close() }

// Ready returns nil when this node can serve: one of the key sets, if there are
// any, can verify, or all of them with admin.strict_readiness. The error names
// those that cannot.
func (e *Edge) Ready() error { return e.live.System().Ready() }

// Decide implements [edgeward.Decider] by the configuration in force.
func (e *Edge) Decide(ctx context.Context, r *edgeward.Request) edgeward.Decision {
	return e.live.System().Decider.Decide(ctx, r)
}

// Protect lets a request through to next only when the configuration in force
// allows it; see package httpauth for what next can rely on. The endpoints under
// /auth/, /oauth/ and /.well-known/ that the file configures stand before next.
func (e *Edge) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.live.System().Middleware(next).ServeHTTP(w, r)
	})
}
