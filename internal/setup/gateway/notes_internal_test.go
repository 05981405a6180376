package gateway

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward/claim"
)

func TestAClaimThatGivesNothingIsSaidOnceAWhile(t *testing.T) {
	var text bytes.Buffer
	counted := 0
	now := time.Unix(1_800_000_000, 0)
	n := carriedNotes(nil, Environment{Log: slog.New(slog.NewTextHandler(&text, nil)), Noted: func(string, string) { counted++ }})
	n.now = func() time.Time { return now }
	groups := claim.Note{Claim: "groups", Problem: "is an object"}
	lines := func() int { return strings.Count(text.String(), "\n") }
	for range 100 {
		n.note("https://a.example", groups)
	}
	if lines() != 1 || counted != 100 || !strings.Contains(text.String(), `issuer=https://a.example claim=groups problem="is an object"`) {
		t.Fatalf("%d lines, counted %d:\n%s", lines(), counted, text.String())
	}
	n.note("https://b.example", groups)
	n.note("https://a.example", claim.Note{Claim: "roles", Problem: "is an object"})
	if lines() != 3 {
		t.Errorf("another issuer and another claim: %d lines, want 3", lines())
	}
	if carriedNotes(&System{notes: n}, Environment{}) != n {
		t.Error("a reload forgets what was said")
	}
	now = now.Add(time.Hour)
	n.note("https://a.example", groups)
	if lines() != 4 {
		t.Errorf("an hour later: %d lines, want 4", lines())
	}
	for i := range 5000 { // what is remembered is bounded; what is forgotten is said again
		n.note(fmt.Sprint(i), groups)
	}
}
