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

func TestAWarmHandleAllocatesNothing(t *testing.T) {
	n := newNodes(t, 1)[0]
	_, s := n.create(t)
	value, at := n.handle(t, s.ID, here), &edgeward.Request{Host: here}
	for rule, r := range map[string]*edgeward.Request{"at its host": at, "at another": {Host: there}} {
		if allocs := testing.AllocsPerRun(100, func() { _, _ = n.Verify(ctx, r, edgeward.Credential{Value: value}) }); allocs != 0 {
			t.Errorf("%s: %v allocations", rule, allocs)
		}
	}
}
