package build

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"
)

// Whatever a module and its name hold, a file is made of it that states methods
// without a word in them, or none is.
func FuzzNothingIsOpened(f *testing.F) {
	f.Add("api/data.ts", "export const onRequestGet = () => {}")
	f.Add("[id]/_middleware.js", "export { a as onRequest }\n401 \"Cookie\"")
	f.Add("a\nauthenticate: []\n.js", "export * from './x'")
	f.Add("x.tsx", "onRequest\u0085authenticate: []")
	f.Fuzz(func(t *testing.T, name, text string) {
		fsys := fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}
		all, _, err := readFunctions(fsys)
		if err != nil {
			return
		}
		for _, function := range all {
			made := function.yaml()
			var stated map[string]any
			if err := yaml.Unmarshal([]byte(made), &stated); err != nil {
				t.Fatalf("%v\n%s", err, made)
			}
			methods, _ := stated["methods"].(map[string]any)
			if len(stated) > 1 || len(stated) == 1 && len(methods) == 0 {
				t.Fatalf("it states %v\n%s", stated, made)
			}
			for method, override := range methods {
				if inner, ok := override.(map[string]any); !ok || len(inner) > 0 || strings.ToUpper(method) != method {
					t.Fatalf("it states %v\n%s", stated, made)
				}
			}
		}
	})
}
