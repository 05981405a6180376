//go:build !unix

package door_test

import "os/exec"

func group(*exec.Cmd) {}

func endGroup(cmd *exec.Cmd) { cmd.Process.Kill() }

// kill leaves workerd behind, which ends when its standard input does.
func (r *workerd) kill() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}
