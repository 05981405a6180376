package console

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzOnward: whatever a link to the sign-in page says, signing in leads to a
// page of the console, as a browser reads it.
func FuzzOnward(f *testing.F) {
	for _, next := range []string{"", "/console/sessions?q=a", "//evil.example/console", "https://evil.example", `/console\@evil`, "/console?\r\nx", "/console#@evil", "/console/callback?code=1"} {
		f.Add(next)
	}
	x := &exchange{Console: &Console{pages: pages()}}
	f.Fuzz(func(t *testing.T, next string) {
		to := x.onward(next)
		u, err := url.Parse(to)
		if err != nil || u.Host != "" || u.Scheme != "" || u.Fragment != "" || strings.ContainsAny(to, "\r\n\t\\ ") {
			t.Fatalf("%q leads to %q: %v", next, to, err)
		}
		if p, _ := x.find("GET", u.Path); p == nil || p.open || !strings.HasPrefix(to, rootPath) {
			t.Fatalf("%q leads to %q, which is no page for operators", next, to)
		}
		if again := x.onward(to); again != to && len(to) <= 2048 {
			t.Fatalf("%q leads to %q, and that to %q", next, to, again)
		}
	})
}
