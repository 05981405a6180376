//go:build !race

package mac_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/mac"
)

// Under the race detector a sync.Pool drops what it is given at random.
func TestSumAllocatesNothing(t *testing.T) {
	key, err := mac.NewKey(edgeward.NewSecret(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	var message [64]byte
	if n := testing.AllocsPerRun(1000, func() { key.Sum(message[:]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
