package worker_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/edgeward/edgeward/internal/cloudflare/worker"
	"github.com/edgeward/edgeward/store"
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

// A flood of requests that wait ends at those that come too many: what runs goes
// on, and there is room again when it has ended.
func TestSoManyTasksWaitAndNoMore(t *testing.T) {
	tasks := worker.NewTasks(func(ctx context.Context, _ worker.Frame) worker.Frame {
		_, _ = worker.ObjectStore{}.Get(ctx, "key")
		return worker.Frame{"respond", "200"}
	})
	request := worker.Frame{"GET"}.Append(nil)
	for id := range int32(worker.MaxTasks) {
		if said := tasks.Start(id, request); said[0] != "effect" {
			t.Fatalf("task %d: %q", id, said)
		}
	}
	said := tasks.Start(worker.MaxTasks, request)
	if len(said) < 3 || said[0] != "answer" || said[1] != "respond" || said[2] != "503" || !slices.Contains(said, "Retry-After") {
		t.Errorf("one more: %q", said)
	}
	if said := tasks.Step(7, worker.Frame{"error", "down"}.Append(nil)); !slices.Equal(said, worker.Frame{"answer", "respond", "200"}) {
		t.Errorf("one that waited: %q", said)
	}
	if said := tasks.Start(worker.MaxTasks, request); said[0] != "effect" {
		t.Errorf("one more, after that: %q", said)
	}
}
