//go:build unix

package door_test

import (
	"os/exec"
	"syscall"
)

// group gives cmd and the processes that it starts a group of their own.
func group(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup ends cmd and the processes that it has started.
func endGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// kill ends the runtime as a power cut does.
func (r *workerd) kill() {
	syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL)
	r.cmd.Wait()
}
