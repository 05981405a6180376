package wrangler

import (
	"encoding/json"
	"reflect"
	"testing"
)

// TestPlainJSON: comments and trailing commas go, and nothing else.
func TestPlainJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"a": 1, // x` + "\n" + `"b": [1, 2, ], /* , "c": 3 */ }`: `{"a": 1, "b": [1, 2]}`,
		`{"a": "// no", "b": "/* no */", "c": "\\", "d": "\"//"}`:  `{"a": "// no", "b": "/* no */", "c": "\\", "d": "\"//"}`,
		"// first\n{}": "{}",
		"{}//":         "{}",
	} {
		var got, wanted any
		if err := json.Unmarshal(plainJSON([]byte(text)), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil || !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s: %v, want %v", text, got, wanted)
		}
	}
	for _, text := range []string{`{"a":1,,}`, `{"a" /* 1}`, `/`, `[1 2,]`} {
		if plain := plainJSON([]byte(text)); json.Valid(plain) {
			t.Errorf("%s became %s", text, plain)
		}
	}
}

// FuzzPlainJSON: what is JSON without comments stays as it is.
func FuzzPlainJSON(f *testing.F) {
	for _, seed := range []string{`{"a": "//", "b": [1, 2]}`, `{"a": 1,} // x`, "{/* , */}", `{"a": "\"/*"}`, `[1,,]`, `"`, `/`, `/*`, `//`, `,]`, `"\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain := plainJSON([]byte(text))
		if len(plain) != len(text) {
			t.Errorf("%q became %q", text, plain)
		}
		if json.Valid([]byte(text)) && string(plain) != text {
			t.Errorf("%q became %q", text, plain)
		}
	})
}
