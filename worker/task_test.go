package worker_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/worker"
)

// A task whose effect brought what cannot be read goes on and ends: others may
// wait for what it holds.
func TestATaskHearsOfAResultThatCannotBeRead(t *testing.T) {
	var heard error
	tasks := worker.NewTasks(func(ctx context.Context, _ worker.Frame) worker.Frame {
		_, heard = worker.ObjectStore{}.Get(ctx, "key")
		return worker.Frame{"respond"}
	})
	for rule, wire := range map[string][]byte{
		"cut short": {9, 0, 0, 0, 'o'},
		"too long":  make([]byte, 5<<20),
	} {
		if said := tasks.Start(1, worker.Frame{"GET"}.Append(nil)); said[0] != "effect" {
			t.Fatalf("%s: %q", rule, said)
		}
		heard = nil
		said := tasks.Step(1, wire)
		if !slices.Equal(said, worker.Frame{"answer", "respond"}) || tasks.Len() != 0 {
			t.Errorf("%s: %q, and %d tasks wait", rule, said, tasks.Len())
		}
		if heard == nil || errors.Is(heard, store.ErrNotFound) {
			t.Errorf("%s: the task heard %v", rule, heard)
		}
	}
}
