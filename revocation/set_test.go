package revocation

import (
	"math/rand/v2"
	"testing"

	"github.com/edgeward/edgeward"
)

// near are handles that share the table, the first slot and the bits in the
// filter, and differ only where nothing but a whole comparison looks.
func near(n int) (all []edgeward.Handle) {
	for i := range n {
		all = append(all, edgeward.Handle{uint64(i) << 32, 7})
	}
	return all
}

func TestHandlesAreComparedWhole(t *testing.T) {
	handles := near(40)
	for held := range handles {
		var s set
		for _, h := range handles[:held] {
			s.add(h, forever, forever)
		}
		for i, h := range handles {
			if _, found := s.find(h); found != (i < held) {
				t.Fatalf("%d held: handle %d found %v", held, i, found)
			}
		}
	}
}

func TestAnEmptyHandleIsNeverFound(t *testing.T) {
	var s set
	for range 10_000 {
		s.add(random(), forever, forever)
	}
	if _, found := s.find(edgeward.Handle{}); found {
		t.Error("found")
	}
}

func random() edgeward.Handle { return edgeward.Handle{rand.Uint64(), rand.Uint64() | 1} }

// passed returns how many of 10,000 handles that are in no set pass its filter.
func (s *set) passed() (n int) {
	for range 10_000 {
		if s.filter.Load().mayHold(random()) {
			n++
		}
	}
	return n
}

func TestTheFilterStaysSharpAsTheSetGrowsAndShrinks(t *testing.T) {
	var s set
	for i := range 50_000 {
		kept := int64(1)
		if i%50 == 0 {
			kept = forever
		}
		s.add(random(), forever, kept)
	}
	if n := s.passed(); n > 500 {
		t.Errorf("grown: %d of 10,000 absent handles pass", n)
	}
	for n := range shards {
		s.sweep(n, 1)
	}
	if n := s.passed(); s.len() != 1000 || n > 500 || s.filter.Load().held > 4000 {
		t.Errorf("shrunk to %d: %d of 10,000 absent handles pass, %d held", s.len(), n, s.filter.Load().held)
	}
}
