package telemetry

import (
	"context"
	"time"

	edgeward "github.com/edgeward/edgeward"
)

// Doors is the observer of the doors to the applications: Metrics sees every
// decision of the process, Traffic only theirs, so that an operator who looks is
// not part of what is seen.
type Doors struct {
	*Metrics
	Traffic *Traffic
}

// Decided counts a decision in both.
func (d Doors) Decided(ctx context.Context, r *edgeward.Request, decision *edgeward.Decision, took time.Duration) {
	d.Metrics.Decided(ctx, r, decision, took)
	d.Traffic.Decided(r, decision, time.Now)
}

// Served counts what became of a request to an endpoint of ours in both.
func (d Doors) Served(ctx context.Context, r *edgeward.Request, decision *edgeward.Decision, took time.Duration) {
	d.Metrics.Served(ctx, r, decision, took)
	d.Traffic.Decided(r, decision, time.Now)
}

// PropagationDelay notes how late a revocation came to be known in both.
func (d Doors) PropagationDelay(lag time.Duration) {
	d.Metrics.PropagationDelay(lag)
	d.Traffic.PropagationDelay(lag)
}
