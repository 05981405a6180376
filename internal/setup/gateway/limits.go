package gateway

import (
	"context"
	"sync"
	"time"
)

const (
	// syncInterval is how often nodes hear of each other's counts.
	syncInterval = time.Second
	syncTimeout  = 5 * time.Second
)

// shareCounts tells other nodes who guesses, and hears it from them. Trouble is
// the store's to report: this node counts on by itself.
func (s *System) shareCounts(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() {
		for again := true; again; again = pause(ctx, watchPause) {
			_ = s.Limits.Run(ctx)
		}
	})
	for pause(ctx, syncInterval) {
		limited, cancel := context.WithTimeout(ctx, syncTimeout)
		_ = s.Limits.Sync(limited)
		cancel()
	}
	running.Wait()
}

// Blocked returns how many networks have to wait because they guessed.
func (s *System) Blocked() int {
	if s.Limits == nil {
		return 0
	}
	return s.Limits.Blocked()
}
