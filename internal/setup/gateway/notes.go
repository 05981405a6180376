package gateway

import (
	"log/slog"
	"sync"
	"time"

	"github.com/edgeward/edgeward/claim"
)

const (
	// noteEvery is how often the log says that a claim gives nothing: a user has it at
	// each sign-in, and a client in each token.
	noteEvery = time.Hour
	// maxNoted bounds what is remembered of that. Both names come from a configuration,
	// and reloads change it.
	maxNoted = 1000
)

// notes say in the log which claims give nothing. They are safe for concurrent use,
// and outlive reloads.
type notes struct {
	log     *slog.Logger
	counted func(issuer, claim string) // may be nil
	now     func() time.Time

	mu   sync.Mutex
	said map[[2]string]time.Time
}

func carriedNotes(old *System, env Environment) *notes {
	if old != nil {
		return old.notes
	}
	return &notes{log: env.log(), counted: env.Noted, now: time.Now, said: map[[2]string]time.Time{}}
}

func (n *notes) note(issuer string, about claim.Note) {
	if n.counted != nil {
		n.counted(issuer, about.Claim)
	}
	if n.due([2]string{issuer, about.Claim}) {
		n.log.Warn("a claim gives nothing, by its form", "issuer", issuer, "claim", about.Claim, "problem", about.Problem)
	}
}

// due reports whether a claim has not been said for a while, and notes that it is now.
func (n *notes) due(claim [2]string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	if last, said := n.said[claim]; said && now.Sub(last) < noteEvery {
		return false
	}
	if len(n.said) >= maxNoted {
		clear(n.said)
	}
	n.said[claim] = now
	return true
}
