package console

import (
	"fmt"
	"strings"

	"github.com/edgeward/edgeward/internal/telemetry"
)

// A chart is decisions by second as three paths of bars in a box of 120 by 100.
type chart struct {
	Peak                      uint64 // decisions in the busiest second
	Allowed, Refused, Unknown string // path data
	Label                     string // what is seen, in words
}

const chartWidth, chartHeight = 120, 100

func chartOf(seconds []telemetry.Second) chart {
	var c chart
	var sum telemetry.Second
	for _, s := range seconds {
		c.Peak = max(c.Peak, s.Total())
		sum.Allowed += s.Allowed
		sum.Refused += s.Refused
		sum.Unavailable += s.Unavailable
	}
	scale := chartHeight / float64(max(c.Peak, 1))
	var allowed, refused, unknown strings.Builder
	for i, s := range seconds {
		at, floor := chartWidth-len(seconds)+i, float64(chartHeight)
		floor = bar(&allowed, at, floor, float64(s.Allowed)*scale)
		floor = bar(&refused, at, floor, float64(s.Refused)*scale)
		bar(&unknown, at, floor, float64(s.Unavailable)*scale)
	}
	c.Allowed, c.Refused, c.Unknown = allowed.String(), refused.String(), unknown.String()
	c.Label = fmt.Sprintf("Decisions in the last %d seconds: %d allowed, %d refused, %d without an answer; %d in the busiest second.",
		len(seconds), sum.Allowed, sum.Refused, sum.Unavailable, c.Peak)
	return c
}

// bar draws upwards from floor and returns where it ends.
func bar(b *strings.Builder, at int, floor, height float64) float64 {
	if height > 0 {
		fmt.Fprintf(b, "M%d %.1fh.8v-%.1fh-.8z", at, floor, height)
	}
	return floor - height
}
