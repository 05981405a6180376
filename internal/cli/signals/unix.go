//go:build unix

package signals

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// OnHangup calls reload for each SIGHUP until ctx is done. What reload says is
// in the log already.
func OnHangup(ctx context.Context, reload func() error) error {
	return onSignal(ctx, syscall.SIGHUP, func() { _ = reload() })
}

// OnUser1 calls do for each SIGUSR1 until ctx is done.
func OnUser1(ctx context.Context, do func()) error {
	return onSignal(ctx, syscall.SIGUSR1, do)
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

// Foreground reports whether the terminal f is ours to read: a process in the
// background that touches it is stopped.
func Foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
