//go:build !wasip1

package issuance

import (
	"context"
	"time"
)

// operationTimeout bounds an operation, whatever its client does.
const operationTimeout = 30 * time.Second

// Detached is ctx for an operation of several writes: half of a revocation, or a
// theft that is not reported, must not be had by hanging up in the middle.
func Detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return Within(context.WithoutCancel(ctx), operationTimeout)
}

// Within is ctx for what takes at most so long.
func Within(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, most)
}
