package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/edgeward/edgeward/internal/setup/gateway"
	"github.com/edgeward/edgeward/internal/setup/source"
)

func seed(f *testing.F, patterns ...string) {
	f.Helper()
	for _, pattern := range patterns {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
}

// FuzzConfiguration: whatever the bytes, there is a System that can be built
// or mistakes that can be shown; never a panic, never both, never neither.
func FuzzConfiguration(f *testing.F) {
	seed(f, "testdata/bad/*.yaml", "testdata/good/*.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := source.Parse(filepath.Join("testdata", "good", "edgeward.yaml"), data)
		if err != nil {
			show(t, c, err)
			return
		}
		if _, err := gateway.Build(c.Config, gateway.Environment{}, nil); err != nil {
			t.Errorf("it was accepted and cannot be built: %v", err)
		}
		// The decoder is strict: one unknown key more, and it is refused.
		if c, err := source.Parse("edgeward.yaml", append([]byte("unheard_of: 1\n"), withoutStart(data)...)); err == nil {
			t.Errorf("an unknown key is accepted: %+v", c)
		}
	})
}

// withoutStart removes "---", after which another key would be in another document.
func withoutStart(data []byte) []byte {
	return []byte(strings.Replace(string(data), "---", "", 1))
}

// FuzzRoutesFile: the same for a file of the routes folder.
func FuzzRoutesFile(f *testing.F) {
	seed(f, "testdata/good/routes/*.yaml", "testdata/good/routes/*/*.yaml", "testdata/good/routes/*/*/*.yaml", "testdata/bad/fixtures/*/*.yaml")
	dir := f.TempDir()
	const edgeward = "proxy: {listen: 127.0.0.1:8080, upstream: http://127.0.0.1:3000}\nroutes: routes\n"
	if err := os.Mkdir(filepath.Join(dir, "routes"), 0o755); err != nil {
		f.Fatal(err)
	}
	load := func(t *testing.T, data []byte) (*source.Loaded, error) {
		if err := os.WriteFile(filepath.Join(dir, "routes", "_middleware.yaml"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		return source.Parse(filepath.Join(dir, "edgeward.yaml"), []byte(edgeward))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := load(t, data)
		if err != nil {
			show(t, c, err)
			return
		}
		for route := range c.Hosts.All() {
			if route.Public() && !strings.Contains(string(data), "authenticate") {
				t.Errorf("public without saying so: %q", data)
			}
		}
		if _, err := load(t, append([]byte("unheard_of: 1\n"), withoutStart(data)...)); err == nil {
			t.Error("an unknown key is accepted")
		}
	})
}

// show demands mistakes, in a form that is safe to print.
func show(t *testing.T, c *source.Loaded, err error) {
	t.Helper()
	faults, ok := errors.AsType[*source.Errors](err)
	if !ok || c != nil || faults.Len() == 0 {
		t.Fatalf("config %v, err %v", c, err)
	}
	text := faults.Format(false)
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\x1b\x00\r\x7f") {
		t.Errorf("not safe to print: %q", text)
	}
}
