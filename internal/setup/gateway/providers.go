package gateway

import (
	"context"
	"slices"
	"time"

	"github.com/edgeward/edgeward"
)

// How often login providers are looked at again: their metadata serves as long,
// and where there is something to complain about an operator may be at it.
const (
	checkInterval = time.Hour
	checkSoon     = time.Minute
)

// watchProviders finds out at which login providers no user can sign in as things
// are, and says so in the log, the first time at once: an operator hears of it
// before people do.
func (s *System) watchProviders(ctx context.Context) {
	var missed []string // what was said of classes of authentication
	for next := time.Duration(0); next == 0 || pause(ctx, next); {
		errs := s.Login.Check(ctx)
		if ctx.Err() != nil {
			return
		}
		if next = checkInterval; len(errs) > 0 {
			next = checkSoon
		}
		s.complain(errs)
		for _, err := range s.Login.CheckClasses(ctx, classes(s.StepUps())) {
			if text := err.Error(); !slices.Contains(missed, text) {
				missed = append(missed, text)
				s.log.Warn("users may be unable to authenticate as routes ask", "error", err)
			}
		}
	}
}

func classes(asked []edgeward.StepUp) (all []string) {
	for _, s := range asked {
		all = append(all, s.ACR...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// complain keeps what is to be said, and logs what was not said before.
func (s *System) complain(errs []error) {
	said := s.providerTrouble()
	texts := make([]string, len(errs))
	for i, err := range errs {
		texts[i] = err.Error()
		if !slices.Contains(said, texts[i]) {
			s.log.Warn("no one can sign in at a login provider", "error", err)
		}
	}
	s.complaints.Store(&texts)
}

// Complaints says at which login providers no user can sign in, and why, as it was
// when they were last looked at, and which certificates are over or soon will be. It
// takes no node out of service: another node has the same.
func (s *System) Complaints() []string {
	return append(s.certificateTrouble(time.Now()), s.providerTrouble()...)
}

func (s *System) providerTrouble() []string {
	if all := s.complaints.Load(); all != nil {
		return *all
	}
	return nil
}
