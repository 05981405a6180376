package door_test

import (
	"strings"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/door"
)

// TestAWorkersSecretsAreSecret: a placeholder and a public key are refused wherever
// a secret stands.
func TestAWorkersSecretsAreSecret(t *testing.T) {
	const text = `{"store": {"path": "EDGEWARD_STORE"}, "sessions": {}, "tokens": {"issuer": "https://edge.example", "secret": "env:ROOT"}, "routes": {"_middleware": {"authenticate": ["bearer"]}},
		"issuers": [{"issuer": "https://p.example", "audiences": ["a"], "algorithms": ["HS256"], "secret": "env:SECRET"}]}`
	build := func(name, value string) error {
		good := edgeward.NewSecret(strings.Repeat("0123456789abcdes", 4))
		secrets := map[string]edgeward.Secret{"ROOT": good, "SECRET": good, door.AdminSecret: good}
		if name != "" {
			secrets[name] = edgeward.NewSecret(value)
		}
		c, err := door.ParseConfiguration(text, secrets)
		if err == nil {
			_, err = door.NewSystem(c, time.Now)
		}
		return err
	}
	if err := build("", ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ROOT", "SECRET", door.AdminSecret} {
		for value, want := range map[string]string{
			strings.Repeat("x", 64): "can be guessed",
			"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==": "public key",
		} {
			if err := build(name, value); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
	const good = "9f0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d"
	for value, ok := range map[string]bool{good: true, good + "+/==": true, good + "\n": false, good + " ": false, " " + good: false, `"` + good + `"`: false, "ew_live_" + good: false, good[1:]: false} {
		if err := build(door.AdminSecret, value); (err == nil) != ok || err != nil && strings.Contains(err.Error(), good[1:]) {
			t.Errorf("%q: %v", value, err)
		}
	}
}
