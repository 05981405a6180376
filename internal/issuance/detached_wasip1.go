package issuance

import (
	"context"
	"time"
)

// Detached is as elsewhere (detached.go), without a timer.
func Detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithoutCancel(ctx), func() {}
}

// Within is ctx: the Worker's driver bounds each effect, and a timer would fire in
// the I/O context of another request.
func Within(ctx context.Context, _ time.Duration) (context.Context, context.CancelFunc) {
	return ctx, func() {}
}
