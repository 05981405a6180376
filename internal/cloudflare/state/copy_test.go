package state_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/cloudflare/state"
)

// kv is Workers KV, to which everybody may write.
type kv map[string]string

// Perform implements [runtime.Host].
func (s kv) Perform(kind string, args ...string) (runtime.Frame, error) {
	switch value, ok := s[args[0]]; {
	case kind == "kv-put":
		s[args[0]] = args[1]
	case ok:
		return runtime.Frame{value}, nil
	}
	return nil, nil
}

// TestACopyOfAnybodys: row 71. A copy counts for an instance with the same secret,
// under the key it was made for, and for as long as it may.
func TestACopyOfAnybodys(t *testing.T) {
	h := kv{}
	ctx := runtime.WithHost(t.Context(), h)
	secret := edgeward.NewSecret(strings.Repeat("k", 32))
	copies, err := state.NewCopies(secret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Millisecond)
	state.PutCopy(ctx, copies, "a", now, runtime.Frame{"one", "two"})
	genuine, err := h.Perform("kv-get", "a")
	if err != nil || len(genuine) != 1 {
		t.Fatal(genuine, err)
	}
	other, err := state.NewCopies(edgeward.NewSecret(strings.Repeat("o", 32)))
	if err != nil {
		t.Fatal(err)
	}
	stored, err := runtime.ParseFrame([]byte(genuine[0]))
	if err != nil {
		t.Fatal(err)
	}
	edited := func(change func(runtime.Frame)) string {
		f := append(runtime.Frame{}, stored...)
		change(f)
		return string(f.Append(nil))
	}
	for i, row := range []struct {
		rule, stored string
		copies       state.Copies
		key          string // "" is one of the row's own
		now          time.Time
		ok           bool
	}{
		{"as it was made", genuine[0], copies, "a", now, true},
		{"at the end of its age", genuine[0], copies, "a", now.Add(time.Minute - time.Millisecond), true},
		{"beyond it, so a replay", genuine[0], copies, "a", now.Add(time.Minute), false},
		{"from the future", genuine[0], copies, "a", now.Add(-time.Millisecond), false},
		{"of another secret", genuine[0], other, "a", now, false},
		{"without a secret", genuine[0], state.Copies{}, "a", now, false},
		{"moved to another key", genuine[0], copies, "", now, false},
		{"of other content", edited(func(f runtime.Frame) { f[3] = "tow" }), copies, "", now, false},
		{"of a later time", edited(func(f runtime.Frame) { f[1] = strconv.FormatInt(now.UnixMilli()+1, 10) }), copies, "", now.Add(time.Second), false},
		{"of another split", edited(func(f runtime.Frame) { f[2], f[3] = "onet", "wo" }), copies, "", now, false},
		{"without a MAC", string(stored[1:].Append(nil)), copies, "", now, false},
		{"with an empty MAC", edited(func(f runtime.Frame) { f[0] = "" }), copies, "", now, false},
		{"no frame", "x", copies, "", now, false},
		{"nothing", "", copies, "", now, false},
	} {
		t.Run(row.rule, func(t *testing.T) {
			key := row.key
			if key == "" {
				key = "row/" + strconv.Itoa(i)
				if _, err := h.Perform("kv-put", key, row.stored, "60"); err != nil {
					t.Fatal(err)
				}
			}
			if content, made, ok := state.GetCopy(ctx, row.copies, key, row.now, time.Minute); ok != row.ok || ok && (!made.Equal(now) || len(content) != 2) {
				t.Errorf("%q of %v: %v, want %v", content, made, ok, row.ok)
			}
		})
	}
}
