// Package cache remembers rows of a store for a short while, bounded in
// bytes, so that a warm request costs no I/O.
//
// What a room changes itself is forgotten at once, also when a read of the old
// state is still under way: see [Ticket]. What another node changes is believed
// for as long as an entry lives, unless the room hears of it otherwise.
package cache

import (
	"hash/maphash"
	"sync"
	"time"
)

// Overhead is what an entry costs besides what its value refers to, in bytes.
const Overhead = 80

// typical is about what an entry costs with everything; as many of these as
// fit have a bucket of their own.
const typical = 1 << 10

// shards spreads the locks: two rows wait for each other once in 32 times.
const shards = 32

// An ID names a row.
type ID = [16]byte

// A Kind is what a value says of its row. Each kind has bytes of its own, so
// that asking for what does not exist pushes out nothing that does; both are
// found in the same way, so that the time does not tell them apart.
type Kind uint8

// The kinds.
const (
	Present Kind = iota
	Absent
	kinds
)

// A Cache keeps pointers to values of type V, which are shared between
// requests: nobody changes them. It is safe for concurrent use and never waits
// for I/O.
type Cache[V any] struct {
	seed   maphash.Seed // an ID may be a client's choice; its bucket must not be
	shards [shards]shard[V]
}

type shard[V any] struct {
	mu    sync.Mutex
	rows  table[V]
	epoch uint64 // grows with every Forget
	Stats
	bytes, limits [kinds]int
}

// New returns a cache of at most so many bytes for each kind.
func New[V any](present, absent int) *Cache[V] {
	c := &Cache[V]{seed: maphash.MakeSeed()}
	for i := range c.shards {
		s := &c.shards[i]
		s.limits = [kinds]int{max(present, 0) / shards, max(absent, 0) / shards}
		s.rows.init((s.limits[Present]+s.limits[Absent])/typical + 1)
	}
	return c
}

// locate returns where id belongs.
func (c *Cache[V]) locate(id *ID) (s *shard[V], hash uint64) {
	hash = maphash.Bytes(c.seed, id[:])
	return &c.shards[hash%shards], hash / shards
}

// Find returns what is remembered of id, or nil.
func (c *Cache[V]) Find(id ID, now time.Time) *V {
	s, hash := c.locate(&id)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.rows.find(hash, &id)
	if e != nil && now.UnixMilli() < e.until {
		s.Hits++
		s.rows.touch(e)
		return e.value
	}
	if e != nil {
		s.remove(hash, e)
	}
	s.Misses++
	return nil
}

// A Ticket is taken before a row is read, and handed in with it. In between the
// row may have been deleted and forgotten; remembering it then would bring it
// back to life.
type Ticket struct{ epoch uint64 }

// Ticket returns the ticket for reading id now.
func (c *Cache[V]) Ticket(id ID) Ticket {
	s, _ := c.locate(&id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return Ticket{s.epoch}
}

// Remember keeps value, which costs size bytes besides [Overhead], until then;
// not if it alone exceeds a shard's share, nor if anything was forgotten since t.
func (c *Cache[V]) Remember(id ID, value *V, k Kind, size int, until time.Time, t Ticket) {
	e := &entry[V]{id: id, value: value, kind: k, until: until.UnixMilli(), size: int32(size + Overhead)}
	s, hash := c.locate(&id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != t.epoch || size+Overhead > s.limits[k] {
		return
	}
	if before := s.rows.find(hash, &id); before != nil { // another request was first
		s.remove(hash, before)
	}
	for s.bytes[k]+size+Overhead > s.limits[k] {
		oldest := s.rows.oldest(k)
		_, hash := c.locate(&oldest.id)
		s.remove(hash, oldest)
		s.Evictions++
	}
	s.rows.add(hash, e)
	s.bytes[k] += size + Overhead
	s.Entries++
}

// Forget drops id, and whatever is being read of it.
func (c *Cache[V]) Forget(id ID) {
	s, hash := c.locate(&id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	if e := s.rows.find(hash, &id); e != nil {
		s.remove(hash, e)
	}
}

// remove drops an entry. The caller holds mu.
func (s *shard[V]) remove(hash uint64, e *entry[V]) {
	s.rows.remove(hash, e)
	s.bytes[e.kind] -= int(e.size)
	s.Entries--
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
		sum.Entries += s.Entries
		sum.Bytes += s.bytes[Present] + s.bytes[Absent]
		s.mu.Unlock()
	}
	return sum
}
