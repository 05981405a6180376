package server

import (
	"context"
	"errors"
	"sync"
)

// Run serves doors and admin until ctx is done or one of them fails. The doors
// end first: while they drain, admin still answers, so that a load balancer
// hears that the gateway is no longer ready. It returns the first error.
func Run(ctx context.Context, admin *Server, doors ...*Server) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	adminCtx, stopAdmin := context.WithCancel(context.WithoutCancel(ctx))
	defer stopAdmin()

	adminDone := make(chan error, 1)
	go func() {
		adminDone <- admin.Run(adminCtx)
		stop()
	}()
	errs := make([]error, len(doors)+1)
	var draining sync.WaitGroup
	for i, door := range doors {
		draining.Go(func() {
			errs[i] = door.Run(ctx)
			stop()
		})
	}
	draining.Wait()
	<-ctx.Done() // without doors, admin alone keeps it going
	stopAdmin()
	errs[len(doors)] = <-adminDone
	return errors.Join(errs...)
}
