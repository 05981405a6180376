package e2e

import (
	"os/exec"
	"testing"
)

// The recipes are a module of their own, which "go test ./..." does not reach.
func TestTheRecipesWork(t *testing.T) {
	t.Parallel()
	run := func(args ...string) ([]byte, error) {
		cmd := exec.Command("go", args...)
		cmd.Dir = "../examples/recipes"
		return cmd.CombinedOutput()
	}
	if out, err := run("mod", "download"); err != nil {
		t.Logf("%s", out)
		missing(t, "a module of examples/recipes")
	}
	for _, what := range []string{"vet", "test"} {
		if out, err := run(what, "./..."); err != nil {
			t.Errorf("go %s: %v\n%s", what, err, out)
		}
	}
}
