package serve

import (
	"math"
	"os"
	"runtime/debug"

	"github.com/edgeward/edgeward/internal/setup/config"
)

// smallHeap is the collector's percentage for a gateway with little in memory. The
// usual one, 100, collects a heap of a few megabytes dozens of times a second.
const smallHeap = 400

// tuneCollector has a small heap collected less often. It leaves the collector
// alone where the table of failed attempts or a store in memory lives, of which a
// multiple is expensive, and where the operator has set GOGC or GOMEMLIMIT.
func tuneCollector(c *config.Config) {
	large := c.Failures != nil || c.Store.Resident()
	if !large && os.Getenv("GOGC") == "" && debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetGCPercent(smallHeap)
	}
}
