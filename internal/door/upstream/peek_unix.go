//go:build linux || darwin || freebsd

package upstream

import "syscall"

// canPeek says that a connection can be asked whether it is open and silent.
const canPeek = true

// isSilent reports whether l is open, and its server has said nothing.
func (l *link) isSilent() bool {
	return l.raw.Control(l.peek) == nil && l.silent
}

func (l *link) peekAt(fd uintptr) {
	var one [1]byte
	_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	l.silent = err == syscall.EAGAIN
}
