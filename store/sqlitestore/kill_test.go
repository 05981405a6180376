package sqlitestore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/sqlitestore"
)

// What a writer does to each of its keys, one step after the other. After
// the last one the key is absent.
var steps = []string{"created", "replaced", "replaced again", ""}

// writeUntilKilled lets many writers walk through the steps, and says on
// standard output what the store has acknowledged.
func writeUntilKilled(s *sqlitestore.Store, task string) {
	for writer := range 16 {
		go func() {
			for n := 0; ; n++ {
				walk(s, fmt.Sprintf("%s/%d/%d", task, writer, n), n)
			}
		}()
	}
	_ = s.Run(context.Background())
}

// walk leaves a key at the step that its number says.
func walk(s *sqlitestore.Store, key string, n int) {
	ctx := context.Background()
	var v store.Version
	var err error
	for step := range n%len(steps) + 1 {
		switch steps[step] {
		case "created":
			v, err = s.Create(ctx, key, []byte(steps[step]), time.Time{})
		case "":
			v, err = 0, s.Delete(ctx, key)
		default:
			v, err = s.Replace(ctx, key, v, []byte(steps[step]), time.Time{})
		}
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		_, _ = os.Stdout.Write(fmt.Appendf(nil, "%s %d %d\n", key, step, v))
	}
}

// TestNothingAcknowledgedIsLostWhenTheProcessIsKilled kills writers with
// SIGKILL again and again, each time after another number of
// acknowledgements, and holds the file against them.
func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	path := filepath.Join(t.TempDir(), "store.db")
	all := map[string]int{} // the step that was acknowledged last
	given := map[string]bool{}
	for round := range rounds {
		acknowledged := killAmongWrites(t, path, fmt.Sprintf("round%d", round), 1+rand.IntN(1500), given)
		s := openAt(t, path, nil)
		for key, step := range acknowledged {
			all[key] = step
			atStep(t, s, key, step)
		}
		shut(t, s)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	s := openAt(t, path, nil)
	for key, step := range all {
		atStep(t, s, key, step)
	}
	t.Logf("%d keys through %d kills", len(all), rounds)
}

// killAmongWrites runs another process until it has said count times that a
// write is acknowledged, kills it and reads what else it had said.
func killAmongWrites(t *testing.T, path, task string, count int, given map[string]bool) map[string]int {
	t.Helper()
	cmd := otherProcess(path, task)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]int{}
	r := bufio.NewReader(out)
	for n := 0; ; n++ {
		if n == count {
			_ = cmd.Process.Kill()
		}
		line, err := r.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // half a line was no acknowledgement
		}
		var key, version string
		var step int
		if _, err := fmt.Sscan(line, &key, &step, &version); err != nil {
			t.Fatalf("the other process says %q", line)
		}
		if version != "0" && given[version] {
			t.Errorf("version %s was given out twice", version)
		}
		given[version] = true
		acknowledged[key] = step
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the other process ended by itself")
	}
	return acknowledged
}

// atStep wants a key at the acknowledged step, or at the next, which may have
// been done without being acknowledged.
func atStep(t *testing.T, s *sqlitestore.Store, key string, step int) {
	t.Helper()
	value := ""
	switch e, err := s.Get(t.Context(), key); {
	case err == nil:
		value = string(e.Value)
	case !errors.Is(err, store.ErrNotFound):
		t.Errorf("Get %s: %v", key, err)
		return
	}
	if value != steps[step] && (step+1 == len(steps) || value != steps[step+1]) {
		t.Errorf("%s is %q, acknowledged was %q", key, value, steps[step])
	}
}
