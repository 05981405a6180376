package door_test

import (
	"bytes"
	"os/exec"
	"testing"
)

// TestDriver runs the driver's own tests.
func TestDriver(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node")
	}
	cmd := exec.Command("node", "--test", "../driver/test/")
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("# fail 0")) {
		t.Errorf("%v\n%s", err, out)
	}
}
