package account

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/edgeward/edgeward/internal/wire/page"
)

func TestAgentName(t *testing.T) {
	for raw, want := range map[string]string{
		"": "Unknown device", "  ": "Unknown device",
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                    "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0": "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":     "Chrome on Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":     "Safari on macOS",
		"curl/8.1": "curl/8.1", "<script>alert(1)</script>": "<script>alert(1)</script>",
		strings.Repeat("x", 61): strings.Repeat("x", 60) + "…",
	} {
		if got := agentName(page.English(), raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

// FuzzAgentName: whatever a client calls itself has a name, and a short one.
func FuzzAgentName(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
	f.Add("Mozilla/5.0 (((;;;)))/ / (")
	f.Fuzz(func(t *testing.T, raw string) {
		if len(raw) > 256 || !utf8.ValidString(raw) { // sessions keep no more
			t.Skip()
		}
		if got := agentName(page.English(), raw); got == "" || len(got) > 2*256 {
			t.Errorf("%q: %q", raw, got)
		}
	})
}
