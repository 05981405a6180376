package issuance

import "context"

// undisturbed is as elsewhere (deed.go), but that the Worker's driver bounds each
// effect: a timer would fire in the I/O context of another request.
func undisturbed(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithoutCancel(ctx), func() {}
}
