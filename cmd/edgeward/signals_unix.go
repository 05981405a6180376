//go:build unix

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// onHangup calls reload for each SIGHUP until ctx is done. What reload says is
// in the log already.
func onHangup(ctx context.Context, reload func() error) error {
	return onSignal(ctx, syscall.SIGHUP, func() { _ = reload() })
}

// onRotate calls rotate for each SIGUSR1 until ctx is done.
func onRotate(ctx context.Context, rotate func()) error {
	return onSignal(ctx, syscall.SIGUSR1, rotate)
}

func onSignal(ctx context.Context, which os.Signal, do func()) error {
	arrived := make(chan os.Signal, 1)
	signal.Notify(arrived, which)
	defer signal.Stop(arrived)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-arrived:
			do()
		}
	}
}

// foreground reports whether the terminal f is ours to read: a process in the
// background that touches it is stopped.
func foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
