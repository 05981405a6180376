package build

import (
	"maps"
	"slices"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/config"
)

// A key that nobody has thought of for Workers is rejected there; this test asks
// for the thought.
func TestEveryKeySaysWhatAWorkerDoesWithIt(t *testing.T) {
	if got, want := slices.Sorted(maps.Keys(supports)), config.Keys(); !slices.Equal(got, want) {
		t.Errorf("supports are of\n%q, keys are\n%q", got, want)
	}
}
