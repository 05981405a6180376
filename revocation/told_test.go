package revocation_test

import (
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
)

// Who waits until a node knows how fresh it is may ask it from then on.
func TestANodeThatIsFreshWasTold(t *testing.T) {
	f := newFixture(t)
	id := identity(t, edgeward.Identity{})
	for range 2_000 {
		log := f.node()
		told := make(chan error)
		go func() { told <- log.Run(t.Context()) }()
		for log.Staleness(time.Now()) == math.MaxInt64 {
			runtime.Gosched()
		}
		if err := log.Check(id); err != nil {
			t.Error(err)
		}
		<-told
		if t.Failed() {
			return
		}
	}
}
