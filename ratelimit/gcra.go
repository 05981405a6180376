package ratelimit

import "time"

// A rate is a limit of guesses in a window, by the generic cell rate algorithm
// (ITU-T I.371). Its functions are pure. All that is known of who guesses is
// until: the time at which everything would be forgotten, a step for each
// guess. Times and durations are in nanoseconds.
type rate struct {
	step  int64 // what one guess adds
	burst int64 // how far until may be ahead of now: limit steps
}

func newRate(limit int, window time.Duration) rate {
	step := int64(window) / int64(limit)
	return rate{step, step * int64(limit)}
}

// clamp returns until as it can be at now: never before, and never further
// ahead than the burst, which it is when the clock went back.
func (r rate) clamp(until, now int64) int64 { return min(max(until, now), now+r.burst) }

// wait returns how long until another guess may be made, 0 for now.
func (r rate) wait(until, now int64) int64 {
	return max(0, r.clamp(until, now)+r.step-r.burst-now)
}

// next returns the state after one more guess, which may be made.
func (r rate) next(until, now int64) int64 { return r.clamp(until, now) + r.step }
