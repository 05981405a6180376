// Package signals is what a user and a supervisor tell a process by signals.
package signals

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// UntilStopped returns a context that ends with the first SIGINT or SIGTERM.
// The second one ends the process as if there had been no first.
func UntilStopped(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
