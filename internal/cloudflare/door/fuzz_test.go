package door_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
)

// FuzzConfiguration: whatever the JSON, a Worker starts with it or says what is
// wrong, without any secret.
func FuzzConfiguration(f *testing.F) {
	names, _ := filepath.Glob("../build/testdata/good/*.golden")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		_, text, _ := strings.Cut(string(data), "{")
		f.Add("{" + text)
	}
	f.Add(manyRoutes(3))
	f.Add(`{"pages": true, ` + cased + `}`)
	const hidden = "0123456789abcdes-hunter2-0123456789abcdes"
	secrets := map[string]edgeward.Secret{}
	for _, name := range []string{"APP_SECRET", "LEGACY_SECRET", "CLIENT_SECRET", door.AdminSecret} {
		secrets[name] = edgeward.NewSecret(hidden)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := door.ParseConfiguration(text, secrets)
		if err == nil {
			_, err = door.NewSystem(c, time.Now)
		}
		if err != nil && strings.Contains(err.Error(), hidden) {
			t.Errorf("a secret is shown: %v", err)
		}
	})
}
