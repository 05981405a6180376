package audit_test

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/audit"
	"github.com/edgeward/edgeward/internal/costtest"
)

// seeds are what clients may repeat: what a credential begins with, what it is
// made of, and what has to be escaped.
var seeds = []string{"eyJ/", "ew_", "ewr_!", "e", "a", "/", "\"", "\xff", "\u202e", strings.Repeat("eyJ", 13) + "/", strings.Repeat("a", 50) + "/eyJ"}

func TestTheCostOfARecordIsLinear(t *testing.T) {
	l := audit.NewLog(io.Discard, audit.Head{}, now)
	for _, seed := range seeds {
		costtest.Linear(t, seed, func(s string) { audit.Redact(s) })
		costtest.Linear(t, seed, func(s string) {
			_ = l.Append(t.Context(), audit.Record{Actor: s, Action: s, Object: s, Subject: s, Scopes: s, Reason: s, Class: s, RequestID: s})
		})
	}
}

// TestTheBoundComesFirst: what is cut off is not looked at, but for what tells
// that a credential was cut through.
func TestTheBoundComesFirst(t *testing.T) {
	const most = 1024
	for _, seed := range seeds {
		head := strings.Repeat(seed, 2*most)[:most+40]
		costtest.LooksAtMost(t, head, 1<<20, func(s string) { audit.RedactPrefix(s, most) })
	}
}

func TestRedactPrefix(t *testing.T) {
	secret := "ews_" + strings.Repeat("B", 60)
	for rule, row := range map[string]struct {
		text string
		most int
		want string
	}{
		"all of it":                             {"/a/" + secret + "/b", 100, "/a/[secret]/b"},
		"cut behind it":                         {"/a/" + secret + "/b", 68, "/a/[secret]/"},
		"cut at its end":                        {"/a/" + secret + "/b", 67, "/a/[secret]"},
		"cut through it":                        {"/a/" + secret + "/b", 66, "/a/[secret]"},
		"cut through its beginning":             {"/a/" + secret + "/b", 8, "/a/[secret]"},
		"cut behind its first byte":             {"/a/" + secret + "/b", 4, "/a/[secret]"},
		"cut before it":                         {"/a/" + secret + "/b", 3, "/a/"},
		"two, the second is cut":                {secret + "/" + secret, 70, "[secret]/[secret]"},
		"too short to be one":                   {"/a/ew_theme/eyJ", 100, "/a/ew_theme/eyJ"},
		"too short, and cut":                    {"/a/ew_theme/eyJ", 6, "/a/ew_"},
		"one that begins within what is no run": {"eyJ/" + secret, 100, "eyJ/[secret]"},
		"of characters, none is cut":            {"äöü", 3, "ä"},
		"nothing":                               {"", 0, ""},
	} {
		if got := audit.RedactPrefix(row.text, row.most); got != row.want {
			t.Errorf("%s: %q, want %q", rule, got, row.want)
		}
	}
}

// FuzzRedact holds the one pass to a plainer reading.
func FuzzRedact(f *testing.F) {
	for _, seed := range seeds {
		f.Add(strings.Repeat(seed, 20))
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := regexp.MustCompile(`e(?:wr_|ws_|w_|yJ)[A-Za-z0-9_.-]*`).ReplaceAllStringFunc(s, func(run string) string {
			if len(run) < 40 {
				return run
			}
			return "[secret]"
		})
		if got := audit.Redact(s); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	})
}

func BenchmarkRedact(b *testing.B) {
	costtest.Sizes(b, "eyJ/", func(s string) { audit.Redact(s) })
}
