package gateway

import (
	"math"
	"time"

	"github.com/edgeward/edgeward"
)

// Stats is what a System tells of its State.
type Stats struct {
	Revocations int           // entries that this node holds
	Synced      bool          // it was told once what is revoked; without that it knows nothing
	Staleness   time.Duration // how old its knowledge may be, once it was told
	Sessions    edgeward.CacheStats
	StoreErrors map[string]uint64 // by operation: those that could not tell
	Unaudited   uint64            // records that could not be written to the audit log, or kept
}

// Stats reports what s remembers, and false when it has no store.
func (s *System) Stats() (Stats, bool) {
	if s.state == nil {
		return Stats{}, false
	}
	staleness := s.state.revocations.Staleness(time.Now())
	r := Stats{
		Revocations: s.state.revocations.Len(),
		Synced:      staleness < math.MaxInt64,
		Staleness:   staleness,
		StoreErrors: make(map[string]uint64, len(operations)),
	}
	for i, name := range operations {
		r.StoreErrors[name] = s.state.store.faults[i].Load()
	}
	if s.state.audit != nil {
		r.Unaudited = s.state.audit.failures()
	}
	if s.Sessions != nil {
		r.Sessions = s.Sessions.Cache()
	}
	return r, true
}

// State returns what is open beneath s, nil when it has no store.
func (s *System) State() *State { return s.state }
