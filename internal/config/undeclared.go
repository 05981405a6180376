package config

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
)

// An undeclared is an observer that warns, once in the life of a System, of a
// proxy in front that trusted_proxies does not list.
type undeclared struct {
	observer door.Observer // is told everything too; may be nil
	log      *slog.Logger
	once     sync.Once
}

// Decided implements [door.Observer]. A door leaves out the address of whoever
// comes through such a proxy.
func (u *undeclared) Decided(ctx context.Context, r *edgeward.Request, d *edgeward.Decision, took time.Duration) {
	if !r.ClientIP.IsValid() && len(r.Header["X-Forwarded-For"]) > 0 {
		u.once.Do(func() {
			u.log.Warn("a proxy on this machine or a private network is not in trusted_proxies: its clients' addresses are unknown, and their guesses are not counted")
		})
	}
	if u.observer != nil {
		u.observer.Decided(ctx, r, d, took)
	}
}

// Failed implements [door.Observer].
func (u *undeclared) Failed(ctx context.Context, r *edgeward.Request, err error) {
	if u.observer != nil {
		u.observer.Failed(ctx, r, err)
	}
}
