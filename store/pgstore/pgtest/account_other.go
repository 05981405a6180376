//go:build !unix

package pgtest

import (
	"os/exec"
	"testing"
)

func unprivileged(*exec.Cmd) {}

func own(testing.TB, string) {}

func (s *Server) gone() bool { return false }
