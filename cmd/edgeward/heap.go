package main

import "github.com/edgeward/edgeward/internal/config"

// heapFloor is memory that is reserved and never touched, so that it costs
// address space and no pages. The collector runs when the heap has doubled, and
// that of an idle-looking gateway is a few megabytes: without the floor it would
// run dozens of times a second under load, for a tenth of the time.
const heapFloor = 64 << 20

// raiseHeap returns the floor, which the caller keeps alive; nil where the table
// of guesses, which is as large, is one already.
func raiseHeap(c *config.Config) []byte {
	if c.Failures != nil {
		return nil
	}
	return make([]byte, heapFloor)
}
