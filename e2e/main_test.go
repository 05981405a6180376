package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// scratch holds what all tests share; each test has its own t.TempDir beside.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "edgeward-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	// Most tests wait for a clock and not for a core.
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	code := m.Run()
	closeChromium()
	os.RemoveAll(dir)
	os.Exit(code)
}

// binary builds cmd/edgeward once, with the race detector when the tests have it.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "edgeward")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "../cmd/edgeward")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// command returns where the real part name is installed.
func command(t *testing.T, name string) string {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} { // an ordinary user's PATH may lack sbin
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	missing(t, name)
	return ""
}

// missing ends the test: aloud locally, as a failure where every part was asked for.
func missing(t *testing.T, part string) {
	t.Helper()
	if os.Getenv("EDGEWARD_REQUIRE_REAL") == "1" {
		t.Fatalf("%s is missing, and EDGEWARD_REQUIRE_REAL=1 asks for every real part: make parts", part)
	}
	t.Skipf("SKIPPED: %s is missing; install it with: make parts", part)
}
