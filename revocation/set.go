package revocation

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/edgeward/edgeward"
)

// shards bounds how much a growing or swept table copies at once: with
// 1,000,000 entries, 4,000 of them.
const shards = 256

// A set holds handles that are revoked, of all kinds. Reading takes no lock and
// waits for nobody; writers wait for each other.
//
// It compares handles whole, and nobody can choose or foresee them: that an
// identity is refused for another's revocation is less likely than that the
// memory errs.
type set struct {
	filter atomic.Pointer[filter]
	tables [shards]atomic.Pointer[table] // nil while empty

	mu   sync.Mutex // held by writers, never across I/O
	used int
}

// A table is open-addressed with linear probing; at least a quarter of its
// slots are free. A slot is filled once and stays: a table that shrinks or
// grows is a new table. Halves lie apart from the facts so that a look which
// finds nothing touches one line of memory.
type table struct {
	used   int             // writers only
	halves []atomic.Uint64 // of handles; 0 is a free slot; written after its fact
	facts  []fact
}

type fact struct {
	half   uint64       // the other one of the handle
	cutoff atomic.Int64 // what was issued by then is dead; only grows
	kept   int64        // until when it is kept; writers only
}

// forever stands for a time, in Unix milliseconds, that is never over.
const forever = math.MaxInt64

func newTable(slots int) *table {
	return &table{halves: make([]atomic.Uint64, slots), facts: make([]fact, slots)}
}

// find returns the cutoff of h.
func (s *set) find(h edgeward.Handle) (cutoff int64, found bool) {
	if f := s.filter.Load(); f == nil || !f.mayHold(h) {
		return 0, false
	}
	t := s.tables[h[0]>>56].Load()
	if t == nil {
		return 0, false
	}
	if i, found := t.slot(h); found {
		return t.facts[i].cutoff.Load(), true
	}
	return 0, false
}

// slot returns where h is, or where it would be. No handle's second half is 0.
func (t *table) slot(h edgeward.Handle) (i uint64, found bool) {
	mask := uint64(len(t.halves) - 1)
	for i = h[0] & mask; ; i = (i + 1) & mask {
		switch t.halves[i].Load() {
		case 0:
			return i, false
		case h[1]:
			if t.facts[i].half == h[0] {
				return i, true
			}
		}
	}
}

// add makes sure that h is revoked up to cutoff and kept until kept, and
// reports whether the first was news.
func (s *set) add(h edgeward.Handle, cutoff, kept int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.roomy(h[0] >> 56)
	i, found := t.slot(h)
	if found {
		f := &t.facts[i]
		news := f.cutoff.Load() < cutoff
		f.cutoff.Store(max(f.cutoff.Load(), cutoff))
		f.kept = max(f.kept, kept)
		return news
	}
	t.fill(i, h, cutoff, kept)
	s.used++
	s.announce(h)
	return true
}

// fill writes the fact first: a reader that sees the half sees all of it.
func (t *table) fill(i uint64, h edgeward.Handle, cutoff, kept int64) {
	f := &t.facts[i]
	f.half, f.kept = h[0], kept
	f.cutoff.Store(cutoff)
	t.halves[i].Store(h[1])
	t.used++
}

// handle returns the handle in slot i, if there is one.
func (t *table) handle(i int) (h edgeward.Handle, there bool) {
	half := t.halves[i].Load()
	return edgeward.Handle{t.facts[i].half, half}, half != 0
}

// roomy returns a table with room for one more. The caller holds mu.
func (s *set) roomy(n uint64) *table {
	t := s.tables[n].Load()
	if t == nil {
		t = newTable(4)
		s.tables[n].Store(t)
	}
	if 4*(t.used+1) > 3*len(t.halves) {
		t = t.copied(2*len(t.halves), math.MinInt64)
		s.tables[n].Store(t)
	}
	return t
}

// copied returns a table of so many slots with the facts kept after now.
func (t *table) copied(slots int, now int64) *table {
	c := newTable(slots)
	for i := range t.facts {
		if h, there := t.handle(i); there && t.facts[i].kept > now {
			free, _ := c.slot(h)
			c.fill(free, h, t.facts[i].cutoff.Load(), t.facts[i].kept)
		}
	}
	return c
}

// announce puts h into the filter, which readers ask first. The caller holds mu.
func (s *set) announce(h edgeward.Handle) {
	f := s.filter.Load()
	if f != nil && f.held < f.room {
		f.put(h)
		return
	}
	s.refilter() // h is in its table already
}

// refilter makes a filter of what the tables hold, with room for as much
// again. The caller holds mu; readers have the old one meanwhile.
func (s *set) refilter() {
	f := newFilter(2 * s.used)
	for n := range s.tables {
		t := s.tables[n].Load()
		for i := 0; t != nil && i < len(t.facts); i++ {
			if h, there := t.handle(i); there {
				f.put(h)
			}
		}
	}
	s.filter.Store(f)
}

// sweep forgets the facts of table n that are kept no longer than now.
func (s *set) sweep(n int, now int64) (removed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[n].Load()
	if t == nil {
		return 0
	}
	live := t.live(now)
	if removed = t.used - live; removed == 0 {
		return 0
	}
	if s.used -= removed; live == 0 {
		s.tables[n].Store(nil)
	} else {
		s.tables[n].Store(t.copied(slotsFor(live), now))
	}
	if f := s.filter.Load(); f.held > 4*s.used {
		s.refilter()
	}
	return removed
}

func (t *table) live(now int64) (n int) {
	for i := range t.facts {
		if _, there := t.handle(i); there && t.facts[i].kept > now {
			n++
		}
	}
	return n
}

func slotsFor(facts int) int {
	slots := 4
	for 4*facts > 3*slots {
		slots *= 2
	}
	return slots
}

func (s *set) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}
