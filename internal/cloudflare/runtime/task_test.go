package runtime_test

import (
	"context"
	"slices"
	"testing"

	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// one asks the platform for one thing.
func one(ctx context.Context) error {
	_, err := runtime.Perform(ctx, "store", "0a", "get", "key")
	return err
}

func overloaded() runtime.Frame { return runtime.Frame{"respond", "503"} }

// A task whose effect brought what cannot be read goes on and ends: others may
// wait for what it holds.
func TestATaskHearsOfAResultThatCannotBeRead(t *testing.T) {
	var heard error
	tasks := runtime.NewTasks(func(ctx context.Context, _ runtime.Frame) runtime.Frame {
		heard = one(ctx)
		return runtime.Frame{"respond"}
	}, overloaded)
	for rule, wire := range map[string][]byte{
		"cut short": {9, 0, 0, 0, 'o'},
		"too long":  make([]byte, 5<<20),
	} {
		if said := tasks.Start(1, runtime.Frame{"GET"}.Append(nil)); said[0] != "effect" {
			t.Fatalf("%s: %q", rule, said)
		}
		heard = nil
		said := tasks.Step(1, wire)
		if !slices.Equal(said, runtime.Frame{"answer", "respond"}) || tasks.Len() != 0 {
			t.Errorf("%s: %q, and %d tasks wait", rule, said, tasks.Len())
		}
		if heard == nil {
			t.Errorf("%s: the task heard %v", rule, heard)
		}
	}
}

// A flood of requests that wait ends at those that come too many: what runs goes
// on, and there is room again when it has ended.
func TestSoManyTasksWaitAndNoMore(t *testing.T) {
	tasks := runtime.NewTasks(func(ctx context.Context, _ runtime.Frame) runtime.Frame {
		_ = one(ctx)
		return runtime.Frame{"respond", "200"}
	}, overloaded)
	request := runtime.Frame{"GET"}.Append(nil)
	for id := range int32(runtime.MaxTasks) {
		if said := tasks.Start(id, request); said[0] != "effect" {
			t.Fatalf("task %d: %q", id, said)
		}
	}
	said := tasks.Start(runtime.MaxTasks, request)
	if !slices.Equal(said, runtime.Frame{"answer", "respond", "503"}) {
		t.Errorf("one more: %q", said)
	}
	if said := tasks.Step(7, runtime.Frame{"error", "down"}.Append(nil)); !slices.Equal(said, runtime.Frame{"answer", "respond", "200"}) {
		t.Errorf("one that waited: %q", said)
	}
	if said := tasks.Start(runtime.MaxTasks, request); said[0] != "effect" {
		t.Errorf("one more, after that: %q", said)
	}
}
