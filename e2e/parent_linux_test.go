package e2e

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets the kernel end cmd when a time-out or a panic ends the
// tests before they clean up.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
