package warn_test

import (
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/source"
)

// A row is a configuration, words by which its warnings of one kind are known, and what
// they have to say: "" for no warning.
type row struct{ text, about, says string }

func warns(t *testing.T, rows map[string]row) {
	t.Helper()
	for rule, row := range rows {
		c, err := source.Parse("edgeward.yaml", []byte(row.text))
		if err != nil {
			t.Errorf("%s: %v", rule, err)
			continue
		}
		found := ""
		for _, w := range c.Warnings {
			if strings.Contains(w, row.about) {
				found += w
			}
		}
		if (found != "") != (row.says != "") || !strings.Contains(found, row.says) {
			t.Errorf("%s: %q", rule, found)
		}
	}
}
