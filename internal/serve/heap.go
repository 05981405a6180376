package serve

import (
	"math"
	"os"
	"runtime/debug"

	"github.com/edgeward/edgeward/internal/setup/config"
)

// heapFloor is memory that is reserved and never touched, so that it costs
// address space and no pages. The collector runs when the heap has doubled, and
// that of an idle-looking gateway is a few megabytes: without the floor it would
// run dozens of times a second under load, for a tenth of the time.
//
// No setting of the runtime is a floor: GOGC is a multiple of what lives, which a
// large store makes expensive, and with GOMEMLIMIT alone (GOGC=off) an idle heap
// grows to the limit too.
const heapFloor = 64 << 20

// raiseHeap returns the floor, which the caller keeps alive. It is nil where the
// table of failed attempts, which is as large, is one already, and where the
// operator has set the collector by GOGC or GOMEMLIMIT: the floor would count in
// the limit, and be missing from it.
func raiseHeap(c *config.Config) []byte {
	if c.Failures != nil || os.Getenv("GOGC") != "" || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return nil
	}
	return make([]byte, heapFloor)
}
