//go:build unix

package pgtest

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// unprivileged makes a command run as another user than root.
func unprivileged(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return
	}
	if uid, gid, err := account(); err == nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
}

func own(t testing.TB, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	uid, gid, err := account()
	if err == nil {
		err = os.Chown(dir, uid, gid)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// gone reports whether the server's process has ended.
func (s *Server) gone() bool {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(s.cmd.Process.Pid, &status, syscall.WNOHANG, nil)
	return err != nil || pid != 0
}
