// Package clock tells a time that never goes back. What was refused because it
// had expired stays refused when somebody sets the wall clock back an hour.
package clock

import (
	"sync/atomic"
	"time"
)

// A Clock is safe for concurrent use.
type Clock struct {
	source func() time.Time
	latest atomic.Int64 // the latest answer, in milliseconds
}

// wall is the machine's clock, which there is one of. Two that stood still at
// different times after a step back would disagree about what came first: "log
// out everywhere" by one would spare a session that was begun before by the
// other, and a room that a reload makes anew would forget that time had passed.
var wall = &Clock{source: time.Now}

// New returns a Clock that reads source. If that is nil, it is the machine's,
// the same one for all.
func New(source func() time.Time) *Clock {
	if source == nil {
		return wall
	}
	return &Clock{source: source}
}

// Now returns the time in whole milliseconds, which is what rows keep. It is
// never before an earlier answer: after the source stepped back it stands still
// until the source has caught up. It has no monotonic reading.
func (c *Clock) Now() time.Time {
	now := c.source().UnixMilli()
	for {
		latest := c.latest.Load()
		if now <= latest {
			return time.UnixMilli(latest)
		}
		if c.latest.CompareAndSwap(latest, now) {
			return time.UnixMilli(now)
		}
	}
}
