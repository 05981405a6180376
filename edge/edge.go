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
// What the control API of a gateway does, creating and revoking sessions, tokens
// and API keys, [Edge.Issuer] does here; what its metrics count, [Config.Observe]
// is called with. The embedded store has one process at a time.
package edge

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/httpauth"
	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/store"
)

// A Config says what the program brings, and what it wants to know.
type Config struct {
	Log *slog.Logger // key sets fetched, configuration reloaded or refused; nil discards
	// Reloaded, if not nil, is called after every attempt to load the file, the first
	// one included; err is nil when it is in force.
	Reloaded func(err error, now time.Time)
	// OpenStore opens the store at store.path: sqlitestore.OpenFile. Nil: a file
	// that names one is refused, and the program links no database.
	OpenStore func(path string) (store.Full, error)
	// Observe, if not nil, is called once a request with what was decided: see
	// [httpauth.Config].
	Observe func(ctx context.Context, o httpauth.Observation)
}

// An Edge is a configuration that is alive. It implements [edgeward.Decider]
// and is safe for concurrent use.
type Edge struct{ live *gateway.Live }

// Open reads the configuration at path and everything that it names. The error
// lists every mistake with file, line and column, and what to do about it. No
// key set is fetched yet: see [Edge.Run].
func Open(path string, cfg Config) (*Edge, error) { return open(cfg)(source.Load(path)) }

// Parse is Open for a configuration that stands in no file: what it names is
// looked up as if it stood at path.
func Parse(path string, data []byte, cfg Config) (*Edge, error) {
	return open(cfg)(source.Parse(path, data))
}

// OpenFS is Open for a file of fsys, which holds the routes folder and the keys
// too, as an [embed.FS] does. Changes are not looked for. A store in a file is
// one of this machine.
func OpenFS(fsys fs.FS, name string, cfg Config) (*Edge, error) {
	return open(cfg)(source.LoadFS(fsys, name))
}

func open(cfg Config) func(*source.Loaded, error) (*Edge, error) {
	return func(c *source.Loaded, err error) (*Edge, error) {
		if err != nil {
			return nil, err
		}
		env := gateway.Environment{Log: cfg.Log, Stores: gateway.FilesBy(cfg.OpenStore)}
		if cfg.Observe != nil {
			env.Observer = observer(cfg.Observe)
		}
		live, err := gateway.NewLive(c, env, cfg.Reloaded)
		if err != nil {
			return nil, err
		}
		return &Edge{live}, nil
	}
}

type observer func(context.Context, httpauth.Observation)

// Decided implements [door.Observer].
func (o observer) Decided(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration) {
	o(ctx, httpauth.Observation{Request: *r, Decision: *d, Took: took})
}

// Failed implements [door.Observer].
func (observer) Failed(context.Context, *edgeward.Request, error) {}

// Run fetches key sets ahead of their need, ends open exchanges whose identity
// was revoked, and takes over changed files, until ctx is done. Without it
// keys are fetched when a request needs them, nothing that is open is ended, and
// files are read once.
func (e *Edge) Run(ctx context.Context) error { return e.live.Run(ctx) }

// Close closes the store, if the file names one. It comes after Run and after
// the last request: later requests are answered 503.
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
