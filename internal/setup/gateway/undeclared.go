package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/ratelimit"
)

// An undeclared is an observer that warns, once in the life of a System, of
// clients whose addresses are unknown where it matters.
type undeclared struct {
	observer door.Observer // is told everything too; may be nil
	log      *slog.Logger
	once     sync.Once
}

// Decided implements [door.Observer]. A door leaves out the address of a client
// behind a proxy that is not declared, or does not say it.
func (u *undeclared) Decided(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration) {
	u.look(r, d)
	if u.observer != nil {
		u.observer.Decided(ctx, r, d, took)
	}
}

// Served implements [door.EndpointObserver].
func (u *undeclared) Served(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration) {
	u.look(r, d)
	if o, ok := u.observer.(door.EndpointObserver); ok {
		o.Served(ctx, r, d, took)
	} else if u.observer != nil {
		u.observer.Decided(ctx, r, d, took)
	}
}

func (u *undeclared) look(r *edgeward.Request, d *edgeward.Decision) {
	if !r.ClientIP.IsValid() && (len(r.Header["X-Forwarded-For"]) > 0 || ratelimit.IsGuess(d.Reason) || d.Reason == edgeward.APIKeyNetwork) {
		u.once.Do(func() {
			u.log.Warn("the address of a client is unknown, so its failed attempts are not counted and API keys bound to networks are refused: list each proxy in trusted_proxies and have it send X-Forwarded-For, or list the private networks whose clients connect directly in client_networks. Clients on a machine that trusted_proxies lists, as in a trial on one machine, stay unknown")
		})
	}
}

// Failed implements [door.Observer].
func (u *undeclared) Failed(ctx context.Context, r *edgeward.Request, err error) {
	if u.observer != nil {
		u.observer.Failed(ctx, r, err)
	}
}
