package assembly

import (
	"sync"
	"time"
)

const (
	// noteEvery is how often a log says that a claim gives nothing: a user has it at
	// each sign-in, and a client in each token.
	noteEvery = time.Hour
	// maxNoted bounds what is remembered of that. Both names come from a configuration,
	// and reloads change it.
	maxNoted = 1000
)

// Notes remember which claims a log said to give nothing. The zero value remembers
// none. They are safe for concurrent use.
type Notes struct {
	mu   sync.Mutex
	said map[[2]string]time.Time
}

// Due reports whether the log is to say it of a claim of an issuer: once an hour. It
// counts as said from then on.
func (n *Notes) Due(issuer, claim string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := [2]string{issuer, claim}
	if last, said := n.said[key]; said && now.Sub(last) < noteEvery {
		return false
	}
	if n.said == nil || len(n.said) >= maxNoted {
		n.said = map[[2]string]time.Time{}
	}
	n.said[key] = now
	return true
}
