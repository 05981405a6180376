package memstore

import (
	"bytes"
	"time"

	"github.com/edgeward/edgeward/store"
)

// An item is an entry in memory. It never changes once it is made, but for its
// place.
type item struct {
	store.Entry
	place int // in the heap of expiries, or -1
}

func (i *item) expired(now time.Time) bool { return !i.Expires.IsZero() && !now.Before(i.Expires) }

// copied returns the entry with a value that is the caller's.
func (i *item) copied() store.Entry {
	e := i.Entry
	e.Value = bytes.Clone(e.Value)
	return e
}

// expiries is a heap of items, the next to expire first.
type expiries []*item

func (h expiries) Len() int           { return len(h) }
func (h expiries) Less(a, b int) bool { return h[a].Expires.Before(h[b].Expires) }
func (h expiries) Swap(a, b int) {
	h[a], h[b] = h[b], h[a]
	h[a].place, h[b].place = a, b
}

func (h *expiries) Push(x any) {
	i := x.(*item)
	i.place = len(*h)
	*h = append(*h, i)
}

func (h *expiries) Pop() any {
	last := len(*h) - 1
	i := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return i
}
