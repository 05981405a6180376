// Package runtime is how Go runs in a Cloudflare Worker: tasks, the effects that
// they ask the platform for, and the frames in which both pass between Go and the
// driver.
//
// A request is a task: direct-style Go in a coroutine. Where it needs what only
// the platform has (fetch, WebCrypto, a Durable Object, Workers KV) it yields an
// effect; a thin driver in JavaScript performs it and resumes the task with what
// came of it. So no goroutine ever waits in one request's I/O context for
// another request's, which the platform forbids. The body of a request never
// passes through here: the decision goes back, and the driver streams.
//
// One instance runs many tasks in turn, on one thread. A task gives way only
// while it waits for an effect, so what no effect interrupts is atomic.
package runtime

import (
	"context"
	"errors"
	"fmt"
)

// A Host performs effects: what only the platform can do. What an effect's
// arguments and results are is said where it is used. An error means that
// nothing can be said of what came of it: a write may have happened.
type Host interface {
	Perform(kind string, args ...string) (Frame, error)
}

type hostKey struct{}

// WithHost returns a context for what runs on a host.
func WithHost(ctx context.Context, h Host) context.Context {
	return context.WithValue(ctx, hostKey{}, h)
}

var (
	errNoHost    = errors.New("runtime: an effect outside of a task")
	errCancelled = errors.New("runtime: the task was cancelled")
)

// Perform has the host of ctx perform an effect.
func Perform(ctx context.Context, kind string, args ...string) (Frame, error) {
	h, ok := ctx.Value(hostKey{}).(Host)
	if !ok {
		return nil, errNoHost
	}
	f, err := h.Perform(kind, args...)
	if err != nil {
		return nil, fmt.Errorf("runtime: %s: %w", kind, err)
	}
	return f, nil
}
