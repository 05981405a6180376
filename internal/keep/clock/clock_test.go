package clock_test

import (
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/keep/clock"
)

func TestTheClockNeverGoesBack(t *testing.T) {
	start := time.UnixMilli(1_800_000_000_000)
	source := start
	c := clock.New(func() time.Time { return source })
	for _, row := range []struct {
		rule         string
		source, want time.Duration
	}{
		{"it follows its source", time.Hour, time.Hour},
		{"a step back stands still", 0, time.Hour},
		{"it stands still until the source has caught up", time.Hour - time.Millisecond, time.Hour},
		{"then it goes on, in whole milliseconds", time.Hour + 1_999_999, time.Hour + time.Millisecond},
	} {
		source = start.Add(row.source)
		if got := c.Now(); !got.Equal(start.Add(row.want)) {
			t.Errorf("%s: %v after the start, want %v", row.rule, got.Sub(start), row.want)
		}
	}
}

// Of rooms with a clock each, one could stand still an hour ahead of another.
func TestTheMachineHasOneClock(t *testing.T) {
	if one, other := clock.New(nil), clock.New(nil); one != other {
		t.Error("two rooms have clocks that can disagree after a step")
	}
}

func TestTheClockIsNeverBehindAnAnswerGivenElsewhere(t *testing.T) {
	c := clock.New(nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			last := c.Now()
			for range 10_000 {
				now := c.Now()
				if now.Before(last) {
					t.Errorf("%v after %v", now, last)
					return
				}
				last = now
			}
		})
	}
	wg.Wait()
}
