package secretfile

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// unnamed opens a file in a folder that has no name there, mode 0600. It wraps
// [errors.ErrUnsupported] where the file system has none.
func unnamed(folder string) (*os.File, error) {
	fd, err := unix.Open(folder, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	switch {
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EISDIR), errors.Is(err, unix.EINVAL):
		return nil, errors.ErrUnsupported
	case err != nil:
		return nil, &os.PathError{Op: "open", Path: folder, Err: err}
	}
	if _, err := os.Stat(descriptor(fd)); err != nil { // without /proc it would never get a name
		return nil, errors.Join(errors.ErrUnsupported, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), folder), nil
}

// linkUnnamed gives what unnamed opened a name that nobody has yet.
func linkUnnamed(f *os.File, path string) error {
	if err := unix.Linkat(unix.AT_FDCWD, descriptor(int(f.Fd())), unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW); err != nil {
		return &os.LinkError{Op: "link", Old: f.Name(), New: path, Err: err}
	}
	return nil
}

func descriptor(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }
