//go:build !race

package session_test

import (
	"testing"

	"github.com/edgeward/edgeward"
)

// Under the race detector a sync.Pool drops what it is given at random.
func TestAWarmSessionAndAGuessAllocateNothing(t *testing.T) {
	n := newNodes(t, 1)[0]
	value, _ := n.create(t)
	guess := []byte(value.Reveal())
	guess[10] ^= 1
	for rule, v := range map[string]edgeward.Secret{"the session": value, "a guess": edgeward.NewSecret(string(guess))} {
		if allocs := testing.AllocsPerRun(100, func() { _, _ = n.verify(v) }); allocs != 0 {
			t.Errorf("%s: %v allocations", rule, allocs)
		}
	}
}
