package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/edgeward/edgeward/ratelimit"
)

const (
	// syncInterval is how often nodes hear of each other's counts.
	syncInterval = time.Second
	syncTimeout  = 5 * time.Second
)

// limit makes what slows down who guesses. It is left out where the store is
// not open: nobody asks there.
func (s *System) limit(old *System) (err error) {
	c := s.Config.Failures
	if c == nil || s.state != nil && !s.state.opened() {
		return nil
	}
	if old != nil && old.limits != nil && old.state == s.state && *old.Config.Failures == *c {
		s.limits = old.limits
		return nil
	}
	cfg := ratelimit.Config{Limit: c.Limit, Window: c.Window}
	if s.state != nil {
		cfg.Store = s.state.store
	}
	s.limits, err = ratelimit.New(cfg)
	return err
}

// shareCounts tells other nodes who guesses, and hears it from them. Trouble is
// the store's to report: this node counts on by itself.
func (s *System) shareCounts(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() {
		for again := true; again; again = pause(ctx, watchPause) {
			_ = s.limits.Run(ctx)
		}
	})
	for pause(ctx, syncInterval) {
		limited, cancel := context.WithTimeout(ctx, syncTimeout)
		_ = s.limits.Sync(limited)
		cancel()
	}
	running.Wait()
}

// Blocked returns how many networks have to wait because they guessed.
func (s *System) Blocked() int {
	if s.limits == nil {
		return 0
	}
	return s.limits.Blocked()
}
