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
	for range 5_000 {
		log := f.node()
		told := make(chan error)
		go func() { told <- log.Run(t.Context()) }()
		for n := 1; log.Staleness(time.Now()) == math.MaxInt64; n++ {
			if n%1000 == 0 { // the moment after is short: better to be at it
				runtime.Gosched()
			}
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
