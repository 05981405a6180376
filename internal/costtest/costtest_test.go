package costtest

import (
	"runtime/debug"
	"strings"
	"testing"
)

// TestWhatIsQuadraticIsSeen: by the measure that [Linear] fails on.
func TestWhatIsQuadraticIsSeen(t *testing.T) {
	quadratic := func(s string) {
		for rest := s; rest != ""; rest = rest[4:] {
			strings.Index(rest, "ewr_")
		}
	}
	long, short := strings.Repeat("eyJ/", large/4), strings.Repeat("eyJ/", large/factor/4)
	if ratio := perByte(long, quadratic) / perByte(short, quadratic); ratio <= tolerated {
		t.Errorf("a quadratic function: %.1f, want more than %d", ratio, tolerated)
	}
	Linear(t, "eyJ/", func(s string) { strings.Count(s, "ewr_") })
}

// TestTheFenceHolds: what reads on is found out, what does not passes.
func TestTheFenceHolds(t *testing.T) {
	LooksAtMost(t, "head", 1<<20, func(s string) { _ = strings.Clone(s[:4]) })
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	LooksAtMost(t, "head", 1<<20, func(s string) {
		defer func() {
			if recover() == nil {
				t.Error("a byte behind the fence was read")
			}
		}()
		_ = strings.Clone(s[:5])
	})
}
