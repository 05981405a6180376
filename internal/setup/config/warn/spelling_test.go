package warn_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/source"
)

// An application that ignores the case of paths is walked around by another
// spelling, where the rule that takes it asks for less.
func TestAnotherSpellingOfAPath(t *testing.T) {
	const head = "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\nissuers: [{issuer: https://id.example.com, audiences: [api]}]\nroutes:\n"
	for rule, row := range map[string]struct {
		routes string
		says   string // "" for no warning
	}{
		"a folder in a public one":         {"  _middleware: {authenticate: []}\n  admin/_middleware: {authenticate: [bearer]}\n", "/Admin is decided by /*, which asks for less than /admin/*"},
		"a permission that is not asked":   {"  api/_middleware: {authenticate: [bearer]}\n  api/Orders: {permissions: [write]}\n", "/api/orders is decided by /api/*"},
		"below a parameter":                {"  _middleware: {authenticate: []}\n  '[id]/edit': {authenticate: [bearer]}\n", "/0/Edit is decided by /*"},
		"several, in one line":             {"  _middleware: {authenticate: []}\n  a: {authenticate: [bearer]}\n  b: {authenticate: [bearer]}\n", "(and 1 more)"},
		"nothing would take it":            {"  admin/_middleware: {authenticate: [bearer]}\n", ""},
		"what takes it asks for as much":   {"  _middleware: {authenticate: [bearer]}\n  a: {}\n", ""},
		"what takes it refuses everybody":  {"  _middleware: {cors: {origins: ['https://app.example.com']}}\n  a: {authenticate: [bearer]}\n", ""},
		"a public folder in a closed one":  {"  _middleware: {authenticate: [bearer]}\n  public/_middleware: {authenticate: []}\n", ""},
		"a name without letters":           {"  _middleware: {authenticate: []}\n  '7': {authenticate: [bearer]}\n", ""},
		"case is ignored":                  {"  _middleware: {authenticate: [], ignore_case: true}\n  admin/_middleware: {authenticate: [bearer]}\n", ""},
		"somebody says that it counts":     {"  _middleware: {authenticate: [], ignore_case: false}\n  admin/_middleware: {authenticate: [bearer]}\n", ""},
		"somebody says so of another part": {"  _middleware: {authenticate: []}\n  x/_middleware: {ignore_case: false}\n  admin/_middleware: {authenticate: [bearer]}\n", "/Admin is decided by /*"},
	} {
		c, err := source.Parse("edgeward.yaml", []byte(head+row.routes))
		if err != nil {
			t.Errorf("%s: %v", rule, err)
			continue
		}
		found := ""
		for _, w := range c.Warnings {
			if strings.Contains(w, "ignores the case") {
				found += w
			}
		}
		if (found == "") != (row.says == "") || !strings.Contains(found, row.says) {
			t.Errorf("%s: %q", rule, found)
		}
	}
}
