package build_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/build"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
)

// FuzzPortable: what is accepted for a Worker, a Worker starts with.
func FuzzPortable(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml", "../../setup/config/testdata/good/*.yaml"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	dir := f.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "fixtures"), os.DirFS(filepath.Join("testdata", "fixtures"))); err != nil {
		f.Fatal(err)
	}
	for name, mode := range fixtureModes {
		if err := os.Chmod(filepath.Join(dir, "fixtures", name), mode); err != nil {
			f.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "good", "routes"), os.DirFS(filepath.Join("testdata", "good", "routes"))); err != nil {
		f.Fatal(err)
	}
	ring, err := os.ReadFile(filepath.Join(dir, "fixtures", "keyring.jwks"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "good", "edgeward.yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		load := build.Load
		if len(data)%2 == 1 {
			load = build.LoadPages
		}
		p, err := load(path)
		if err != nil {
			if !isRefused(err) {
				t.Errorf("err = %v", err)
			}
			return
		}
		secrets := map[string]edgeward.Secret{door.KeyRingSecret: edgeward.NewSecret(string(ring))}
		for _, name := range p.Secrets {
			if name != door.KeyRingSecret {
				secrets[name] = edgeward.NewSecret(strings.Repeat("0123456789abcdes", 4))
			}
		}
		c, err := door.ParseConfiguration(string(p.JSON), secrets)
		if err == nil {
			_, err = door.NewSystem(c, time.Now)
		}
		if err != nil {
			t.Errorf("it was accepted, and no Worker starts with it: %v\n%s", err, p.JSON)
		}
	})
}
