//go:build !race

package apikey_test

import (
	"testing"

	"github.com/edgeward/edgeward"
)

// Under the race detector a sync.Pool drops what it is given at random.
func TestAWarmKeyAndAWarmGuessAllocateNothing(t *testing.T) {
	n := newNodes(t, 1)[0]
	text, _ := n.create(t, robot)
	r := &edgeward.Request{ClientIP: client}
	for rule, value := range map[string]edgeward.Secret{
		"the key": text, "32: wrong secret": otherSecret(text), "32: unknown id": otherID(text), "a typo": edgeward.NewSecret(text.Reveal()[1:]),
	} {
		if allocs := testing.AllocsPerRun(100, func() { _, _ = n.Verify(ctx, r, edgeward.Credential{Value: value}) }); allocs != 0 {
			t.Errorf("%s: %v allocations", rule, allocs)
		}
	}
}
