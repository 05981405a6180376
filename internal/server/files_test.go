//go:build unix

package server_test

import (
	"bytes"
	"log/slog"
	"strings"
	"syscall"
	"testing"

	"github.com/edgeward/edgeward/internal/server"
)

// attacks.md row 40: connections that take every file leave none for upstreams,
// key sets and the other listeners.
func TestTheFileLimitBoundsTheConnections(t *testing.T) {
	const files = 400
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	lower := before
	lower.Cur = files
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lower); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before) })

	var logged bytes.Buffer
	s, _ := start(t, server.Config{Handler: hello, Log: slog.New(slog.NewTextHandler(&logged, nil))})
	if !strings.Contains(logged.String(), "connections=100 open_files=400") {
		t.Errorf("logged %q", &logged)
	}
	for range files/4 + 50 { // the clients' ends are files of this process, too
		dial(t, s, unfinished)
	}
	good(t, s)
	if open, _ := s.Connections(); open > files/4 {
		t.Errorf("%d open", open)
	}
}
