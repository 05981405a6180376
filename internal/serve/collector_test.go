package serve

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
)

// Who sets the collector keeps it so, and of much memory no multiple is taken.
func TestTheCollectorIsTheOperators(t *testing.T) {
	for rule, row := range map[string]struct {
		config config.Config
		gogc   string
		limit  int64
		want   int
	}{
		"a small heap":              {want: smallHeap, limit: math.MaxInt64},
		"a table":                   {config: config.Config{Failures: &config.Failures{}}, want: 100, limit: math.MaxInt64},
		"a store in memory":         {config: config.Config{Store: &config.Store{Kind: config.Memory}}, want: 100, limit: math.MaxInt64},
		"the operator's GOGC":       {gogc: "100", want: 100, limit: math.MaxInt64},
		"the operator's GOMEMLIMIT": {want: 100, limit: 1 << 30},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Setenv("GOGC", row.gogc)
			usual, free := debug.SetGCPercent(100), debug.SetMemoryLimit(row.limit)
			tuneCollector(&row.config)
			if got := debug.SetGCPercent(usual); got != row.want {
				t.Errorf("%d, want %d", got, row.want)
			}
			debug.SetMemoryLimit(free)
		})
	}
}
