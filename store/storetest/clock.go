package storetest

import (
	"sync"
	"time"
)

// A Clock stands still until it is moved. It is safe for concurrent use, and
// its zero value shows the first instant of 2026.
type Clock struct {
	mu      sync.Mutex
	elapsed time.Duration
}

// Now reads the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(c.elapsed)
}

// Forward moves the clock by d; a negative one moves it back.
func (c *Clock) Forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.elapsed += d
}
