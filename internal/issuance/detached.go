//go:build !wasip1

package issuance

import (
	"context"
	"time"
)

// operationTimeout bounds a deed, whatever its client does.
const operationTimeout = 30 * time.Second

// detached is ctx for a deed of several writes: half of a revocation, or a
// theft that nobody is told of, must not be had by hanging up in the middle.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), operationTimeout)
}
