package edgeward_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

var update = flag.Bool("update", false, "rewrite the generated documents")

// docs/reasons.md is written from the code, so that it cannot fall behind it.
func TestReasonsAreDocumented(t *testing.T) {
	const path = "docs/reasons.md"
	if *update {
		if err := os.WriteFile(path, []byte(reasonsDocument()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != reasonsDocument() {
		t.Errorf("%s is not what the code says: run go test -run TestReasonsAreDocumented -update .", path)
	}
}

func reasonsDocument() string {
	var b strings.Builder
	b.WriteString(`# Reasons

Every decision has one reason. Logs, metrics (` + "`edgeward_decisions_total{reason}`" + `) and ` + "`edgeward explain`" + ` use its code. Clients see the
coarser problem code, which is the same whatever made a token invalid: the difference is for operators, not for attackers.

| reason | status | problem code | meaning |
|---|---|---|---|
`)
	for _, r := range edgeward.Reasons() {
		problem := "–"
		if r.Problem() != "" {
			problem = "`" + r.Problem() + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s |\n", r.Error(), r.Status(), problem, r.Explanation())
	}
	b.WriteString(`
## Faults

An answer without a decision behind it: the request was allowed, or not yet decided about, and something else went wrong. Their problem codes:

| problem code | status | meaning |
|---|---|---|
`)
	for _, f := range problem.Faults() {
		fmt.Fprintf(&b, "| `%s` | %d | %s |\n", f, f.Status(), f.Explanation())
	}
	return b.String()
}

// Every module that is required directly has a line in the record of
// dependencies, so that none comes in by the way.
func TestDependenciesAreDocumented(t *testing.T) {
	required, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	record, err := os.ReadFile("docs/adr/0002-dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := 0
	for line := range strings.Lines(string(required)) {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, "\t") || len(words) != 2 { // a third word is "// indirect"
			continue
		}
		direct++
		name := strings.TrimPrefix(words[0], "github.com/")
		if major := strings.LastIndex(name, "/v"); major > 0 {
			name = name[:major]
		}
		if !strings.Contains(string(record), name) && !strings.Contains(string(record), name[strings.Index(name, "/")+1:]) {
			t.Errorf("docs/adr/0002-dependencies.md has no line for %s", words[0])
		}
	}
	if direct < 10 {
		t.Errorf("%d direct dependencies found: go.mod is not read as it is written", direct)
	}
}

// What docs/attacks.md says is held by a test is: a test that was renamed or
// removed leaves no claim behind, and no row stands there twice.
func TestTheAttackListNamesTestsThatExist(t *testing.T) {
	text, err := os.ReadFile("docs/attacks.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`").FindAllStringSubmatch(string(text), -1)
	if len(names) < 200 {
		t.Errorf("%d tests are named: the list is not read as it is written", len(names))
	}
	functions := testFunctions(t)
	for _, name := range names {
		if !functions[name[1]] {
			t.Errorf("docs/attacks.md names %s, which does not exist", name[1])
		}
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if start := line[:min(len(line), 60)]; strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| row") {
			if seen[start] {
				t.Errorf("docs/attacks.md has two rows that begin with %s", start)
			}
			seen[start] = true
		}
	}
}

// testFunctions returns the names of all tests and fuzz targets.
func testFunctions(t *testing.T) map[string]bool {
	t.Helper()
	declaration := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	all := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "node_modules":
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		for _, match := range declaration.FindAllSubmatch(source, -1) {
			all[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
