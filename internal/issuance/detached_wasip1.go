package issuance

import "context"

// detached is as elsewhere (deed.go), but that the Worker's driver bounds each
// effect: a timer would fire in the I/O context of another request.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithoutCancel(ctx), func() {}
}
