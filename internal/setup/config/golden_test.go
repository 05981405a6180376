package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/edgeward/edgeward/internal/setup/source"
)

var update = flag.Bool("update", false, "rewrite the golden files and docs/configuration.md")

// planted is a piece of every secret in testdata.
const planted = "hunter"

// modes are what git does not keep.
var modes = map[string]os.FileMode{
	"fixtures/open.secret":       0o644,
	"fixtures/writable.secret":   0o602,
	"fixtures/repeated.secret":   0o600,
	"fixtures/empty.secret":      0o600,
	"fixtures/open.pem":          0o644,
	"fixtures/closed-public.pem": 0o600,
	"fixtures/private-es256.pem": 0o600,
	"fixtures/hmac.secret":       0o600,
	"fixtures/open.jwks":         0o644,
	"fixtures/keyring.jwks":      0o600,
	"fixtures/expired.jwks":      0o600,
	"fixtures/empty.jwks":        0o600,
	"fixtures/misspelt.jwks":     0o600,
	"fixtures/short.jwks":        0o600,
	"fixtures/tomorrow.jwks":     0o600,
	"fixtures/garbage.jwks":      0o600,
	"fixtures/tls.key":           0o600,
	"fixtures/other-tls.key":     0o600,
	"fixtures/open-tls.key":      0o644,
}

// inTestdata makes a folder of testdata the current one, so that messages name
// files as an operator would.
func inTestdata(t *testing.T, folder string) {
	t.Chdir(filepath.Join("testdata", folder))
	for name, mode := range modes {
		if err := os.Chmod(name, mode); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	t.Setenv("EDGEWARD_TEST_LONG", "0123456789abcdef0123456789abcdef")
	t.Setenv("EDGEWARD_TEST_SHORT", planted+"2")
	t.Setenv("EDGEWARD_TEST_EMPTY", "")
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	return names
}

func TestEveryBadConfigurationIsRefusedWithItsMessage(t *testing.T) {
	inTestdata(t, "bad")
	var golden []string
	for _, name := range files(t, "*.yaml") {
		golden = append(golden, strings.TrimSuffix(name, ".yaml")+".golden")
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			_, err := source.Load(name)
			faults, ok := errors.AsType[*source.Errors](err)
			if !ok {
				t.Fatalf("err = %v, want *source.Errors", err)
			}
			got := faults.Format(false)
			if strings.Contains(got+faults.Error(), planted) {
				t.Errorf("a secret is shown:\n%s", got)
			}
			compare(t, strings.TrimSuffix(name, ".yaml")+".golden", got)
		})
	}
	for _, name := range files(t, "*.golden") {
		if !slices.Contains(golden, name) {
			t.Errorf("%s belongs to no case", name)
		}
	}
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

// examples returns the YAML blocks of a document.
func examples(t *testing.T, name string) (all []string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range strings.Split(string(data), "```") {
		if block, ok := strings.CutPrefix(part, "yaml\n"); ok && i%2 == 1 {
			all = append(all, block)
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s has no example", name)
	}
	return all
}
