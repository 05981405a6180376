package warn_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/source"
)

// Row 39: what is forwarded under another path may be what another rule guards.
func TestARewrittenPathLeadsToWhatIsGuarded(t *testing.T) {
	const head = "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\nissuers: [{issuer: https://id.example.com, audiences: [api]}]\nroutes:\n"
	for rule, row := range map[string]struct {
		routes string
		says   string // "" for no warning
	}{
		"a public way to what is guarded":   {"  admin/_middleware: {authenticate: [bearer]}\n  pub/_middleware: {authenticate: [], strip_prefix: /pub}\n", "/pub/admin is forwarded as /admin and decided by /pub/*, which asks for less than /admin/*"},
		"a method that asks for more":       {"  a: {authenticate: [bearer], methods: {POST: {permissions: [w]}}}\n  b/a: {authenticate: [bearer], strip_prefix: /b}\n", "/b/a is forwarded as /a"},
		"by a prefix that is added":         {"  v2/admin: {authenticate: [bearer]}\n  _middleware: {authenticate: [], add_prefix: /v2}\n  v2/_middleware: {add_prefix: /}\n", "/admin is forwarded as /v2/admin"},
		"both are rewritten":                {"  a/x: {authenticate: [bearer], strip_prefix: /a}\n  b/x: {authenticate: [], strip_prefix: /b}\n", "/b/x is forwarded as /x"},
		"below a parameter":                 {"  '[id]/edit': {authenticate: [bearer]}\n  pub/_middleware: {authenticate: [], strip_prefix: /pub}\n", "/pub/0/edit is forwarded as /0/edit"},
		"it asks for as much":               {"  admin/_middleware: {authenticate: [bearer]}\n  app/_middleware: {authenticate: [bearer], strip_prefix: /app}\n", ""},
		"another upstream":                  {"  admin/_middleware: {authenticate: [bearer]}\n  pub/_middleware: {authenticate: [], strip_prefix: /pub, upstream: http://127.0.0.1:4000}\n", ""},
		"nothing is rewritten":              {"  admin/_middleware: {authenticate: [bearer]}\n  pub/_middleware: {authenticate: []}\n", ""},
		"what is guarded is a place of it":  {"  pub/_middleware: {authenticate: [], strip_prefix: /pub}\n  pub/admin: {authenticate: [bearer]}\n  admin: {authenticate: [bearer]}\n", ""},
		"the prefix leads elsewhere anyway": {"  _middleware: {authenticate: [bearer], add_prefix: /v2}\n", ""},
	} {
		c, err := source.Parse("edgeward.yaml", []byte(head+row.routes))
		if err != nil {
			t.Errorf("%s: %v", rule, err)
			continue
		}
		found := ""
		for _, w := range c.Warnings {
			if strings.Contains(w, "is forwarded as") {
				found += w
			}
		}
		if (found != "") != (row.says != "") || !strings.Contains(found, row.says) {
			t.Errorf("%s: %q", rule, found)
		}
	}
}
