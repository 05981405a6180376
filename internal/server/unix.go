package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

const (
	unixPrefix        = "unix:"
	defaultSocketMode = 0o660
)

var errNoSocket = errors.New("something else than a socket is there")

// listen opens an address of either kind.
func listen(address string, mode os.FileMode) (net.Listener, error) {
	if path, local := strings.CutPrefix(address, unixPrefix); local {
		return listenUnix(path, mode)
	}
	return net.Listen("tcp", address)
}

// listenUnix opens a Unix socket at path, in place of one that no process listens on
// any more. What is no socket stays. The socket gets its name once it has its mode,
// so that no one connects in between whom the mode keeps out.
func listenUnix(path string, mode os.FileMode) (net.Listener, error) {
	if err := vacant(path); err != nil {
		return nil, err
	}
	if mode == 0 {
		mode = defaultSocketMode
	}
	fresh := path + "." + rand.Text()[:6]
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: fresh, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	err = os.Chmod(fresh, mode)
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(fresh), l.Close())
	}
	made, err := os.Lstat(path)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &unixListener{l, path, made}, nil
}

// vacant reports, by a nil error, that a socket can take its place at path.
func vacant(path string) error {
	there, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case there.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%w (%s)", errNoSocket, there.Mode().Type())
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		return errors.Join(syscall.EADDRINUSE, conn.Close())
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil
	}
	return err
}

// A unixListener removes its socket when it closes, unless another has its place.
type unixListener struct {
	*net.UnixListener
	path string
	made os.FileInfo
}

// Addr implements [net.Listener].
func (l *unixListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// Close implements [net.Listener].
func (l *unixListener) Close() error {
	if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.made) {
		_ = os.Remove(l.path)
	}
	return l.UnixListener.Close()
}
