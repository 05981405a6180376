package gateway

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/edgeward/edgeward/internal/issuance/recheck"
)

const (
	// recheckers is how many users are re-checked at a time, and recheckInterval how often
	// each looks for more.
	recheckers      = 4
	recheckInterval = 250 * time.Millisecond
	// repeatAfter is how long the log says nothing of the same trouble at a provider.
	repeatAfter = 10 * time.Minute
	// onceTimeout bounds what many wait for.
	onceTimeout = 30 * time.Second
)

// rechecks is what was said of them in the log.
type rechecks struct {
	mu   sync.Mutex
	said map[[2]string]time.Time // by provider and result
}

// recheck asks providers about users who are due, until ctx is done.
func (s *System) recheck(ctx context.Context) {
	var running sync.WaitGroup
	for range recheckers {
		running.Go(func() {
			for again := true; again; again = pause(ctx, recheckInterval) {
				for ctx.Err() == nil && s.Checker.Work(ctx) {
				}
			}
		})
	}
	running.Wait()
}

// rechecked counts a re-check, and says what needs an operator once for each provider
// and while.
func (s *System) rechecked(env Environment, provider, result string, err error) {
	if env.Rechecked != nil {
		env.Rechecked(provider, result)
	}
	if err == nil && result != recheck.Unable || !s.rechecks.says(provider, result, time.Now()) {
		return
	}
	switch result {
	case recheck.Ended:
		s.log.Info("a login provider has ended a sign-in", "provider", provider, "error", err)
	case recheck.Unable:
		s.log.Warn("users cannot be re-checked: their sign-ins have no token to ask the login provider by; ask for the scope offline_access", "provider", provider, "error", err)
	case recheck.Refused:
		s.log.Warn("a user cannot be re-checked: what the login provider answers says nothing of them; nothing changes", "provider", provider, "error", err)
	default:
		s.log.Warn("users cannot be re-checked; they keep what they have until the login provider answers", "provider", provider, "error", err)
	}
}

// says reports whether something is to be said now, and takes note that it is.
func (r *rechecks) says(provider, result string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.said == nil {
		r.said = map[[2]string]time.Time{}
	}
	at := [2]string{provider, result}
	if said, before := r.said[at]; before && now.Sub(said) < repeatAfter {
		return false
	}
	r.said[at] = now
	return true
}

// Overdue returns for each login provider how long ago the user who waits longest for a
// re-check was to be checked.
func (s *System) Overdue() map[string]time.Duration {
	if s.Rechecks == nil {
		return nil
	}
	overdue, all := s.Rechecks.Overdue(), map[string]time.Duration{}
	for i := range s.Config.Login.Providers {
		p := &s.Config.Login.Providers[i]
		if since, asked := overdue[p.Issuer]; asked {
			all[p.Name] = since
		}
	}
	return all
}

// onceAtATime returns what runs one function for all who ask for the same key at a time.
// Who goes away leaves it to the others.
func onceAtATime() func(ctx context.Context, key string, do func(context.Context) error) error {
	var group singleflight.Group
	return func(ctx context.Context, key string, do func(context.Context) error) error {
		done := group.DoChan(key, func() (any, error) {
			bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), onceTimeout)
			defer cancel()
			return nil, do(bound)
		})
		select {
		case result := <-done:
			return result.Err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
