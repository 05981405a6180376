package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/document"
)

// Places in JSON are paths, since no one has a line of it on the screen.
func TestJSONHasPathsForPlaces(t *testing.T) {
	n, err := document.ParseJSON("configuration", []byte(`{"a": {"b": [1, {"c": "x\n"}, true, null]}}`), 10)
	if err != nil {
		t.Fatal(err)
	}
	items := n.Find("a.b").Items
	for i, want := range []string{
		"configuration: a.b[0] a number 1", "configuration: a.b[1] a mapping ", "configuration: a.b[2] true or false true", "configuration: a.b[3] nothing ",
	} {
		if got := fmt.Sprintf("%s %s %s", items[i].Place, items[i].Kind, items[i].Text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if c := items[1].Field("c"); c.Text != "x\n" || c.Place.String() != "configuration: a.b[1].c" {
		t.Errorf("%q at %s", c.Text, c.Place)
	}
}

func TestJSONIsBounded(t *testing.T) {
	for rule, text := range map[string]string{
		"a name twice":      `{"a": 1, "a": 2}`,
		"too many members":  `{"a": {"b": 1}, "c": {"d": 1}}`,
		"no object":         `[]`,
		"more than one":     `{} {}`,
		"nested too deep":   `{"a": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
		"nothing of itself": ``,
	} {
		if n, err := document.ParseJSON("x", []byte(text), 3); err == nil {
			t.Errorf("%s: %+v", rule, n)
		}
	}
}

// FuzzParseJSON: whatever the bytes, there are nodes of which each has a place, or
// an error.
func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(`{"a": {"b": [1, {"c": "x\u0000"}, true, null, -1e9]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := document.ParseJSON("x", data, 100)
		if (n == nil) == (err == nil) {
			t.Fatalf("%v, %v", n, err)
		}
		var look func(n *document.Node)
		look = func(n *document.Node) {
			if n == nil {
				return
			}
			if s := n.Place.String(); strings.ContainsAny(s, "\x1b\x00\n") {
				t.Errorf("not safe to print: %q", s)
			}
			for _, f := range n.Fields {
				look(f.Key)
				look(f.Value)
			}
			for _, item := range n.Items {
				look(item)
			}
		}
		look(n)
	})
}
