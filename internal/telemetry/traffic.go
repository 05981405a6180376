package telemetry

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	edgeward "github.com/edgeward/edgeward"
)

const (
	trafficSeconds = 120 // of history
	keptLags       = 64
)

// Traffic is what an operator sees of the doors at a glance: decisions by
// reason, now and over the last two minutes, the last refusals, and how late
// revocations came to be known. It is bounded, holds no secret, and starts anew
// with the process. It is safe for concurrent use.
type Traffic struct {
	reasons []edgeward.Reason
	counts  []atomic.Uint64 // by reason, since the start
	last    refusals

	mu      sync.Mutex      // guards what follows; no request takes it
	samples []trafficSample // up to trafficSeconds and one, oldest first
	lags    []time.Duration // up to keptLags, oldest first
}

// A trafficSample is what counts stood at.
type trafficSample struct {
	at     time.Time
	counts []uint64
}

// NewTraffic returns a Traffic that has seen nothing.
func NewTraffic() *Traffic {
	reasons := edgeward.Reasons()
	return &Traffic{reasons: reasons, counts: make([]atomic.Uint64, len(reasons))}
}

// Decided counts one decision, and keeps it with its time when it refuses.
func (t *Traffic) Decided(r *edgeward.Request, d *edgeward.Decision, now func() time.Time) {
	reason := d.Reason
	if int(reason) >= len(t.counts) {
		reason = edgeward.Undecided
	}
	t.counts[reason].Add(1)
	if outcomeOf(d) != allowed {
		t.last.add(r, d, now())
	}
}

// PropagationDelay keeps how late a revocation came to be known.
func (t *Traffic) PropagationDelay(lag time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lags) == keptLags {
		t.lags = slices.Delete(t.lags, 0, 1)
	}
	t.lags = append(t.lags, lag)
}

// Run takes a sample a second until ctx is done. It returns nil.
func (t *Traffic) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	t.Sample(time.Now())
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			t.Sample(now)
		}
	}
}

// Sample notes what the counts stand at.
func (t *Traffic) Sample(now time.Time) {
	s := trafficSample{at: now, counts: make([]uint64, len(t.counts))}
	for i := range t.counts {
		s.counts[i] = t.counts[i].Load()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.samples) > trafficSeconds {
		t.samples = slices.Delete(t.samples, 0, 1)
	}
	t.samples = append(t.samples, s)
}

// Refusals returns the last refusals, newest first.
func (t *Traffic) Refusals() []Refusal { return t.last.list() }

// A Flow is a Traffic at one moment.
type Flow struct {
	Seconds []Second      // oldest first
	Reasons []ReasonCount // those that ever occurred, in the order of [edgeward.Reasons]
	Lags    []time.Duration
}

// A Second is how many decisions fell between two samples.
type Second struct {
	At                            time.Time // its end
	Allowed, Refused, Unavailable uint64
}

// Total returns all decisions of the second.
func (s Second) Total() uint64 { return s.Allowed + s.Refused + s.Unavailable }

// A ReasonCount is how often a decision fell for a reason.
type ReasonCount struct {
	Reason edgeward.Reason
	Ever   uint64 // since the process started
	Minute uint64 // in the last minute
}

// Flow returns the traffic as the last sample saw it.
func (t *Traffic) Flow() Flow {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := Flow{Lags: slices.Clone(t.lags)}
	if len(t.samples) == 0 {
		return f
	}
	for i := 1; i < len(t.samples); i++ {
		f.Seconds = append(f.Seconds, t.between(&t.samples[i-1], &t.samples[i]))
	}
	latest := &t.samples[len(t.samples)-1]
	minute := &t.samples[max(len(t.samples)-1-60, 0)]
	for i, reason := range t.reasons {
		if ever := latest.counts[i]; ever > 0 {
			f.Reasons = append(f.Reasons, ReasonCount{reason, ever, ever - minute.counts[i]})
		}
	}
	return f
}

func (t *Traffic) between(from, to *trafficSample) Second {
	s := Second{At: to.at}
	for i, reason := range t.reasons {
		n := to.counts[i] - from.counts[i]
		switch outcomeOf(&edgeward.Decision{Reason: reason, Allow: reason.Status() == 200}) {
		case allowed:
			s.Allowed += n
		case refused:
			s.Refused += n
		default:
			s.Unavailable += n
		}
	}
	return s
}
