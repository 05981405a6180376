package account

import (
	"fmt"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

const (
	paceMost = 10_000 // persons that are remembered

	// How many tickets for other hosts one person may have at once, and then one in
	// so long. Each costs a row for a few minutes.
	handoverBurst = 300
	handoverEvery = time.Second

	// The same of front-channel logouts of sessions that are not known, by network:
	// each is a guess, or a session that has ended before, and costs a row for a few
	// minutes. An office may close at once.
	strangerBurst = 200
	strangerEvery = 10 * time.Second
)

// A pace bounds what succeeds, as the limits on failed attempts bound what does
// not: so many times at once, and then once in so long. Each sign-in costs rows,
// lines of the audit log, and where it replaces another one an entry that is kept as
// long as a session lives. It counts by person, who has just proved who they are: no user can use up
// another one's. It is safe for concurrent use, and of this node alone.
type pace struct {
	burst int
	every time.Duration

	mu     sync.Mutex
	people map[[2]string]time.Time // issuer and subject → when the last of their sign-ins is worked off
}

func newPace(burst int, every time.Duration) *pace {
	return &pace{burst: burst, every: every, people: map[[2]string]time.Time{}}
}

// take counts a sign-in. The error is answered with when to come back.
func (p *pace) take(issuer, subject string, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := [2]string{issuer, subject}
	off := p.people[who]
	if off.Before(now) {
		off = now
	}
	if wait := off.Sub(now) - time.Duration(p.burst-1)*p.every; wait > 0 {
		return &problem.Failure{Fault: problem.TooManyLogins, Err: fmt.Errorf("account: one user signed in %d times within moments: %w", p.burst, &edgeward.BlockedError{RetryAfter: wait})}
	}
	if len(p.people) >= paceMost {
		p.tidy(now)
	}
	p.people[who] = off.Add(p.every)
	return nil
}

// tidy forgets who has worked off their sign-ins, and one in any case.
func (p *pace) tidy(now time.Time) {
	for who, off := range p.people {
		if !now.Before(off) {
			delete(p.people, who)
		}
	}
	for who := range p.people {
		if len(p.people) < paceMost {
			return
		}
		delete(p.people, who)
	}
}
