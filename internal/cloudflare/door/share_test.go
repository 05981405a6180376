package door_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// A counting host keeps guesses, unless it is out of order.
type counting struct {
	broken bool
	writes int
}

// Perform implements [runtime.Host].
func (h *counting) Perform(_ string, args ...string) (runtime.Frame, error) {
	switch {
	case h.broken:
		return nil, errors.New("out of order")
	case args[1] == "changes":
		return runtime.Frame{"done", "end"}, nil
	case args[1] == "create":
		h.writes++
		return runtime.Frame{"done", "1"}, nil
	}
	return runtime.Frame{"not_found"}, nil
}

// TestNobodyWaitsForOthersGuesses: row 33. Whoever has many networks to guess from
// leaves many counters to tell others of. The next request tells of a few, and
// two at once do not tell of the same.
func TestNobodyWaitsForOthersGuesses(t *testing.T) {
	handle, good := hmacWorker(t, `"failures": {"limit": 4, "window": "1h"},`)
	h := &counting{broken: true}
	for network := range 30 {
		bad := append(runtime.Frame{}, good...)
		bad[2] = fmt.Sprintf("192.0.2.%d", network+1)
		bad[5] = tampered(bad[5])
		for range 3 {
			handle(runtime.WithHost(t.Context(), h), bad)
		}
	}
	h.broken = false
	if got := handle(runtime.WithHost(t.Context(), h), good); got[0] != "forward" || h.writes < 1 || h.writes > 4 {
		t.Fatalf("%q, after %d writes for others", got[:2], h.writes)
	}

	tasks := runtime.NewTasks(handle, nil)
	said := tasks.Start(1, good.Append(nil))
	if said[0] != "effect" || said[2] != "ban" {
		t.Fatalf("the first one tells of guesses: %q", said)
	}
	if said := tasks.Start(2, good.Append(nil)); said[0] != "answer" {
		t.Errorf("the second one does, too: %q", said[:4])
	}
	tasks.Cancel(1)
	if said := tasks.Start(3, good.Append(nil)); said[0] != "effect" {
		t.Errorf("the first one is gone, and nobody tells: %q", said)
	}
}
