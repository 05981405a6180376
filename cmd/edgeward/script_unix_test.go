//go:build unix

package main

import (
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

func send(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "USR1": syscall.SIGUSR1, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}
	commands := ts.BackgroundCmds()
	target := commands[0]
	if args[1] == "last" {
		target = commands[len(commands)-1]
	}
	ts.Check(target.Process.Signal(signals[args[0]]))
}
