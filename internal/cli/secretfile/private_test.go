package secretfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestANewRingReplacesNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.jwks")
	if err := writePrivate(path, []byte("first"), true); err != nil {
		t.Fatal(err)
	}
	if err := writePrivate(path, []byte("second"), true); err == nil {
		t.Error("a ring that somebody made meanwhile was replaced")
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "first" {
		t.Errorf("%q, %v", data, err)
	}
	if err := writePrivate(path, []byte("third"), false); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%v is left, %v", left, err)
	}
}
