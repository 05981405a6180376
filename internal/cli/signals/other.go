//go:build !unix

package signals

import (
	"context"
	"os"
)

// OnHangup waits for ctx: there is no SIGHUP here. A changed file reloads.
func OnHangup(ctx context.Context, _ func() error) error {
	<-ctx.Done()
	return nil
}

// OnUser1 waits for ctx: there is no SIGUSR1 here.
func OnUser1(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return nil
}

// Foreground reports whether a terminal is ours to read: here it always is.
func Foreground(*os.File) bool { return true }
