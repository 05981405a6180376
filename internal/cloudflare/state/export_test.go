package state

import (
	"context"
	"time"

	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
)

// PutCopy and GetCopy write and read one copy.
func PutCopy(ctx context.Context, c Copies, key string, made time.Time, content runtime.Frame) {
	c.put(ctx, key, made, content, copyLife)
}

func GetCopy(ctx context.Context, c Copies, key string, now time.Time, maxAge time.Duration) (runtime.Frame, time.Time, bool) {
	return c.get(ctx, key, now, maxAge)
}
