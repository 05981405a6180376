package serve

import (
	"runtime/debug"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
)

// TestTheHeapIsTheOperators: who sets the collector gets no floor beside it.
func TestTheHeapIsTheOperators(t *testing.T) {
	t.Setenv("GOGC", "")
	if n := len(raiseHeap(&config.Config{})); n != heapFloor {
		t.Errorf("%d bytes, want %d", n, heapFloor)
	}
	if raiseHeap(&config.Config{Failures: &config.Failures{}}) != nil {
		t.Error("a floor beside the table of failed attempts")
	}
	before := debug.SetMemoryLimit(1 << 30)
	if raiseHeap(&config.Config{}) != nil {
		t.Error("a floor within GOMEMLIMIT")
	}
	debug.SetMemoryLimit(before)
	t.Setenv("GOGC", "200")
	if raiseHeap(&config.Config{}) != nil {
		t.Error("a floor beside GOGC")
	}
}
