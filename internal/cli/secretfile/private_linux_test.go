package secretfile

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func listed(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestAProcessThatIsKilledLeavesNoSecret: what is written has no name, so that
// it is gone with the process.
func TestAProcessThatIsKilledLeavesNoSecret(t *testing.T) {
	if dir := os.Getenv("EDGEWARD_TEST_KILLED"); dir != "" {
		f, err := unnamed(dir)
		if err == nil {
			_, err = f.WriteString("secret")
		}
		if err != nil || len(listed(t, dir)) != 0 {
			t.Fatal(err, listed(t, dir))
		}
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
		select {}
	}
	dir := t.TempDir()
	killed := exec.Command(os.Args[0], "-test.run=^TestAProcessThatIsKilledLeavesNoSecret$")
	killed.Env = append(os.Environ(), "EDGEWARD_TEST_KILLED="+dir)
	if out, err := killed.CombinedOutput(); err == nil || killed.ProcessState.Exited() {
		t.Fatalf("it was to be killed: %v\n%s", err, out)
	}
	if names := listed(t, dir); len(names) != 0 {
		t.Errorf("it left %q", names)
	}
}

// TestWhatAKilledProcessLeftIsRemoved: in the moment in which it had a name.
func TestWhatAKilledProcessLeftIsRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keyring.jwks")
	for _, isNew := range []bool{true, false} {
		if err := os.WriteFile(filepath.Join(dir, ".keyring.jwks.new"), []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := writePrivate(path, []byte("ring"), isNew); err != nil {
			t.Fatal(err)
		}
		if names := listed(t, dir); !slices.Equal(names, []string{"keyring.jwks"}) {
			t.Errorf("new %v: %q", isNew, names)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != "ring" {
			t.Errorf("new %v: %q, %v", isNew, data, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("new %v: %v, %v", isNew, info.Mode(), err)
		}
	}
}
