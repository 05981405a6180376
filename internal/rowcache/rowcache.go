// Package rowcache remembers rows of a store for a short while, bounded in
// bytes, so that a warm request costs no I/O.
//
// What a room changes itself is forgotten at once, also when a read of the old
// state is still under way: see [Ticket]. What another node changes is believed
// for as long as an entry lives, unless the room hears of it otherwise.
package rowcache

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Overhead is what an entry costs besides its value, in bytes: list node, map
// slot, the entry itself. Rounded up from what the rooms measure.
const Overhead = 320

// shards spreads the locks: two rows wait for each other once in 32 times.
const shards = 32

// An ID names a row.
type ID = [16]byte

// A Cache keeps values of type V, which are shared between requests: nobody
// changes them. It is safe for concurrent use and never waits for I/O.
type Cache[V any] struct {
	life   time.Duration
	seed   maphash.Seed // an ID may be a client's choice; its shard must not be
	shards [shards]shard[V]
}

type shard[V any] struct {
	mu      sync.Mutex
	entries *simplelru.LRU[ID, *entry[V]]
	epoch   uint64 // grows with every Forget
	Stats
	limit int
}

type entry[V any] struct {
	value V
	until time.Time
	size  int
}

// New returns a cache of at most limit bytes whose entries live for life.
func New[V any](limit int, life time.Duration) *Cache[V] {
	c := &Cache[V]{life: life, seed: maphash.MakeSeed()}
	for i := range c.shards {
		s := &c.shards[i]
		s.limit = max(limit, 0) / shards
		// The count is bounded by bytes below; Overhead makes it finite here.
		s.entries, _ = simplelru.NewLRU(s.limit/Overhead+1, func(_ ID, e *entry[V]) { s.Bytes -= e.size })
	}
	return c
}

func (c *Cache[V]) shard(id ID) *shard[V] {
	return &c.shards[maphash.Bytes(c.seed, id[:])%shards]
}

// Find returns what is remembered of id.
func (c *Cache[V]) Find(id ID, now time.Time) (value V, found bool) {
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, found := s.entries.Get(id)
	if found && now.Before(e.until) {
		s.Hits++
		return e.value, true
	}
	if found {
		s.entries.Remove(id)
	}
	s.Misses++
	return value, false
}

// A Ticket is taken before a row is read, and handed in with it. In between the
// row may have been deleted and forgotten; remembering it then would bring it
// back to life.
type Ticket struct{ epoch uint64 }

// Ticket returns the ticket for reading id now.
func (c *Cache[V]) Ticket(id ID) Ticket {
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return Ticket{s.epoch}
}

// Remember keeps value, which costs size bytes besides [Overhead]; not if it
// alone exceeds a shard's share, nor if anything was forgotten since t.
func (c *Cache[V]) Remember(id ID, value V, size int, now time.Time, t Ticket) {
	e := &entry[V]{value, now.Add(c.life), size + Overhead}
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != t.epoch || e.size > s.limit {
		return
	}
	s.entries.Remove(id) // another request may have been first; its bytes go with it
	for s.Bytes+e.size > s.limit {
		s.entries.RemoveOldest()
		s.Evictions++
	}
	s.entries.Add(id, e)
	s.Bytes += e.size
}

// Forget drops id, and whatever is being read of it.
func (c *Cache[V]) Forget(id ID) {
	s := c.shard(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	s.entries.Remove(id)
}

// Stats counts what a cache did since it was made, and what it holds.
type Stats struct {
	Hits, Misses, Evictions uint64
	Entries, Bytes          int
}

// Stats returns the sum over all entries.
func (c *Cache[V]) Stats() (sum Stats) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		sum.Hits += s.Hits
		sum.Misses += s.Misses
		sum.Evictions += s.Evictions
		sum.Entries += s.entries.Len()
		sum.Bytes += s.Bytes
		s.mu.Unlock()
	}
	return sum
}
