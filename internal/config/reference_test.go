package config

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

const referencePath = "../../docs/configuration.md"

// TestReferenceIsUpToDate holds docs/configuration.md to the tables that the
// decoder reads by.
func TestReferenceIsUpToDate(t *testing.T) {
	got := printReference()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(referencePath, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(referencePath)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the tables say: go generate ./internal/config", referencePath)
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	for _, s := range sections() {
		for _, k := range s.keys {
			if k.kind == "" || k.meaning == "" || (k.absent == "") != k.required {
				t.Errorf("%s: %s: kind %q, meaning %q, absent %q, required %t", s.title, k.name, k.kind, k.meaning, k.absent, k.required)
			}
		}
	}
}

const preface = `# Configuration

This page is printed from the tables by which the configuration is decoded
(` + "`go generate ./internal/config`" + `); a test holds it to them.

The file is read strictly. An unknown key, a value of another type, a key that
is there twice and a setting that would be insecure are errors; all of them are
reported at once, each with its line, column and remedy. ` + "`edgeward check`" + `
reports them without starting anything. YAML's anchors, aliases, tags and merge
keys are not supported, nor are tabs, several documents and files over 1 MiB.

Secrets never stand in the file: a key that takes one takes ` + "`env:NAME`" + `, an
environment variable, or ` + "`file:PATH`" + `, a file that not everybody can read, and
messages mask whatever stands there instead.

SIGHUP, or a change of the file or of any file that it names, loads everything
again: whole or, when anything is wrong, not at all, while requests go on. A
change is taken up once it has been the same for two looks, which are two
seconds apart; a folder of many thousand routes is looked at less often.
Environment variables and listen addresses take a restart.

` + "```yaml" + `
proxy:
  listen: :8080
  upstream: http://127.0.0.1:3000
issuers:
  - issuer: https://id.example.com/
    audiences: [https://api.example.com]
routes:
  _middleware: {authenticate: [bearer]}
  health: {authenticate: []}
` + "```" + `
`

func printReference() string {
	var b strings.Builder
	b.WriteString(preface)
	for _, s := range sections() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| key | value | without it | meaning |\n|---|---|---|---|\n", s.title, s.about)
		for _, k := range s.keys {
			absent := k.absent
			if k.required {
				absent = "**an error**"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.name, k.kind, absent, k.meaning)
		}
	}
	return b.String()
}
