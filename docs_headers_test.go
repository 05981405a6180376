package edgeward_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/source"
	"github.com/edgeward/edgeward/policy/fields"
)

const headersDocument = "docs/headers.md"

// Every YAML of the guide is a host's, in a configuration that loads.
func TestTheConfigurationsOfTheHeadersGuideLoad(t *testing.T) {
	t.Setenv("EDGEWARD_APPLICATION", "correct horse battery staple")
	for name, secret := range map[string]string{"SECRET": "8lGLBgnR4cF0mBDv5mBLUkLPDv4nWWq5q1ySd2R7Yk8=", "CLIENT": "a secret of the client's"} {
		t.Setenv("EDGEWARD_TEST_"+name, secret)
	}
	text, err := os.ReadFile(headersDocument)
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 25 {
		t.Fatalf("%d configurations found: the guide is not read as it is written", len(blocks))
	}
	for _, block := range blocks {
		config := `
proxy: {listen: 127.0.0.1:8080, upstream: "http://127.0.0.1:3000"}
store: {path: edgeward.db}
tokens: {secret: env:EDGEWARD_TEST_SECRET}
sessions: {}
login:
  origin: https://app.example.com
  providers: [{name: idp, issuer: https://id.example.com, client_id: a, client_secret: env:EDGEWARD_TEST_CLIENT}]
hosts:
  app.example.com:
    ` + strings.ReplaceAll(strings.TrimSpace(block[1]), "\n", "\n    ") + "\n"
		path := filepath.Join(t.TempDir(), "edgeward.yaml")
		if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := source.Load(path); err != nil {
			t.Errorf("%s\n%v", block[1], err)
		}
	}
	if n := strings.Count(string(text), "\n### "); n < 20 {
		t.Errorf("%d applications", n)
	}
}

// The table of presets is written from theirs.
func TestThePresetsAreDocumented(t *testing.T) {
	text, err := os.ReadFile(headersDocument)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), "<!-- presets -->\n")
	table, after, found := strings.Cut(rest, "<!-- end -->")
	if !found {
		t.Fatal("the table of presets has no place")
	}
	want := "| preset | fields |\n|---|---|\n"
	for _, name := range fields.Presets() {
		h := fields.HeadersOf(fields.Preset(name)...)
		var all []string
		h.Show("", func(name string, value any) {
			all = append(all, "`"+strings.TrimPrefix(name, ".")+": "+strings.ReplaceAll(fmt.Sprint(value), "|", `\|`)+"`")
		})
		want += "| `" + name + "` | " + strings.Join(all, " · ") + " |\n"
	}
	if *update {
		if err := os.WriteFile(headersDocument, []byte(before+"<!-- presets -->\n"+want+"<!-- end -->"+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("%s is not what the code says: run go test -run TestThePresets -update .", headersDocument)
	}
}
