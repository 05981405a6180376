package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/session"
)

// BenchmarkDecideRatio is what a warm decision by session and by API key costs
// beside one by JWT, as a ratio that a noisy machine does not move: the three
// take turns of some microseconds each, and what counts is the median of the
// ratios of all rounds. The target is at most 1.5. ns/op is that of a round of
// one decision each.
func BenchmarkDecideRatio(b *testing.B) {
	methods := []string{bearer.Method, session.Method, apikey.Method}
	for _, revoked := range []int{0, 1_000_000} {
		h := newHybrid(b, revokeMany(b, revoked))
		for _, subjects := range []int{1, 20_000} {
			requests := make([][]*edgeward.Request, len(methods))
			for i, method := range methods {
				requests[i] = h.requests(b, method, subjects)
			}
			b.Run(fmt.Sprintf("revocations=%d/subjects=%d", revoked, subjects), func(b *testing.B) { h.compare(b, methods, requests) })
		}
	}
}

// turn is how many decisions are timed together: enough for the clock, few
// enough that what disturbs one turn disturbs the next ones too.
const turn = 64

// compare decides each request once, so that it is remembered, and then reports
// the cost by each method as a multiple of that by the first.
func (h *hybrid) compare(b *testing.B, methods []string, requests [][]*edgeward.Request) {
	for i := range requests {
		h.take(b, requests[i], 0, len(requests[i]))
	}
	costs, ratios := make([]float64, len(methods)), make([][]float64, len(methods))
	rounds := max(1, b.N/turn)
	b.ResetTimer()
	for round := range rounds {
		for k := range methods {
			// Nobody is always first, nor always at a route that another has just
			// brought into the processor's cache.
			i := (round + k) % len(methods)
			first := round*turn + i*len(requests[i])/len(methods)
			began := time.Now()
			h.take(b, requests[i], first, turn)
			costs[i] = float64(time.Since(began))
		}
		for i, cost := range costs {
			ratios[i] = append(ratios[i], cost/costs[0])
		}
	}
	b.StopTimer()
	for i, method := range methods[1:] {
		slices.Sort(ratios[i+1])
		b.ReportMetric(ratios[i+1][rounds/2], method+"/"+methods[0])
	}
}

// take decides n requests, from the first-th on.
func (h *hybrid) take(b *testing.B, requests []*edgeward.Request, first, n int) {
	for i := range n {
		if d := h.Decide(b.Context(), requests[(first+i)%len(requests)]); !d.Allow {
			b.Fatal(d.Err)
		}
	}
}
