package remote

import (
	"context"
	"time"

	"github.com/edgeward/edgeward/jwks"
)

// recheck is how often Run looks at the schedule at least, since a request for an
// unknown kid may have fetched a set with a shorter life.
const recheck = time.Minute

// Run fetches the set, and again before it grows old, until ctx ends; then it
// returns nil. After a failure it waits ever longer, up to five minutes.
// Without Run keys work too: requests then fetch, and wait for it, when the
// set has grown old.
func (k *Keys) Run(ctx context.Context) error {
	for {
		pause := k.current.Load().term.Refresh.Sub(k.config.Now())
		if pause <= 0 {
			if f := k.ask(k.config.Now()); f != nil && f.wait(ctx) != nil {
				return nil
			}
			pause = k.pause()
		}
		timer := time.NewTimer(min(pause, recheck))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// pause returns the time to the next due attempt, at least a second and at
// least what the brake demands.
func (k *Keys) pause() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.config.Now()
	due := k.current.Load().term.Refresh.Sub(now)
	return max(due, k.fresh.Wait(jwks.Schedule, now), time.Second)
}
