//go:build !unix

package main

import (
	"context"
	"os"
)

// onHangup waits for ctx: there is no SIGHUP here. A changed file reloads.
func onHangup(ctx context.Context, _ func() error) error {
	<-ctx.Done()
	return nil
}

// onRotate waits for ctx: there is no SIGUSR1 here. The key r rotates.
func onRotate(ctx context.Context, _ func()) error {
	<-ctx.Done()
	return nil
}

func foreground(*os.File) bool { return true }
