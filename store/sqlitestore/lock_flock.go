//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlitestore

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// A fileLock is held until it is unlocked or the process has ended, however
// that was. Its file says which process has or had it.
type fileLock struct{ file *os.File }

// lockFile locks a file of its own: SQLite's locks on the store itself would
// be lost as soon as this process closed any other descriptor of it.
func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("%w (process %s)", ErrInUse, holder(f))
		return nil, errors.Join(err, f.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	// Who reads it learns the truth or nothing; nothing depends on it.
	_ = f.Truncate(0)
	_, _ = f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return &fileLock{f}, nil
}

func holder(f *os.File) string {
	var b [20]byte
	n, _ := f.ReadAt(b[:], 0)
	if pid := strings.Trim(string(b[:n]), "\n"); pid != "" && strings.Trim(pid, "0123456789") == "" {
		return pid
	}
	return "unknown"
}

func (l *fileLock) unlock() error { return l.file.Close() }
