package build_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/source"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// planted is a piece of every secret in testdata.
const planted = "hunter"

func files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n--- got\n%s--- want\n%s", name, got, want)
	}
}

func isRefused(err error) bool {
	_, ok := errors.AsType[*source.Errors](err)
	return ok
}
