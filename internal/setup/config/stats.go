package config

import (
	"math"
	"time"

	"github.com/edgeward/edgeward/internal/keep/cache"
)

// Remembered is what a System tells of its Memory.
type Remembered struct {
	Revocations int           // entries that this node holds
	Synced      bool          // it was told once what is revoked; without that it knows nothing
	Staleness   time.Duration // how old its knowledge may be, once it was told
	Sessions    cache.Stats
	StoreErrors map[string]uint64 // by operation: those that could not tell
	Unaudited   uint64            // records that could not be written to the audit log, or kept
}

// Remembered reports what s remembers, and false when it has no store.
func (s *System) Remembered() (Remembered, bool) {
	if s.memory == nil {
		return Remembered{}, false
	}
	staleness := s.memory.revocations.Staleness(time.Now())
	r := Remembered{
		Revocations: s.memory.revocations.Len(),
		Synced:      staleness < math.MaxInt64,
		Staleness:   staleness,
		StoreErrors: make(map[string]uint64, len(operations)),
	}
	for i, name := range operations {
		r.StoreErrors[name] = s.memory.store.faults[i].Load()
	}
	if s.memory.audit != nil {
		r.Unaudited = s.memory.audit.failures()
	}
	if s.sessions != nil {
		r.Sessions = s.sessions.Cache()
	}
	return r, true
}

// Memory returns what is open beneath s, nil when it has no store.
func (s *System) Memory() *Memory { return s.memory }
