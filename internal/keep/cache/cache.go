// Package cache remembers for a short while what was read from a store or
// verified, bounded in bytes, so that a warm request costs no I/O and no
// signature.
//
// What a package changes itself is forgotten at once, also when a read of the
// old state is still under way: see [Ticket]. What another node changes is
// believed for as long as an entry lives, unless the package hears of it
// otherwise.
package cache

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
)

// Overhead is what an entry costs besides its key and what its value refers to,
// in bytes.
const Overhead = 80

// typical is about what an entry costs with everything; as many of these as
// fit have a bucket of their own.
const typical = 1 << 10

// shards spreads the locks: two keys wait for each other once in 32 times.
const shards = 32

// A Kind is what a value says of its key. Each kind has bytes of its own, so
// that asking for what does not exist pushes out nothing that does; both are
// found in the same way, so that the time does not tell them apart.
type Kind uint8

// The kinds.
const (
	Present Kind = iota
	Absent
	kinds
)

// A Cache keeps values of a pointer type P, which are shared between requests:
// what they point to does not change. A key is compared whole, never by a digest
// or a part of it. It is safe for concurrent use and never waits for I/O.
//
// P is the pointer's type rather than what it points to: one instantiation serves
// all of them, which the Worker's module carries once.
type Cache[P any] struct {
	seed   maphash.Seed // a key may be a client's choice; its bucket must not be
	shards [shards]shard[P]
}

type shard[P any] struct {
	mu    sync.Mutex
	rows  table[P]
	epoch uint64 // grows with every Forget
	edgeward.CacheStats
	bytes, limits [kinds]int
}

// New returns a cache of at most so many bytes for each kind.
func New[P any](present, absent int) *Cache[P] {
	c := &Cache[P]{seed: maphash.MakeSeed()}
	for i := range c.shards {
		s := &c.shards[i]
		s.limits = [kinds]int{max(present, 0) / shards, max(absent, 0) / shards}
		s.rows.init((s.limits[Present]+s.limits[Absent])/typical + 1)
	}
	return c
}

// locate returns where key belongs.
func (c *Cache[P]) locate(key string) (s *shard[P], hash uint64) {
	hash = maphash.String(c.seed, key)
	return &c.shards[hash%shards], hash / shards
}

// Find returns what is remembered of key, or nil.
func (c *Cache[P]) Find(key string, now time.Time) (value P) {
	s, hash := c.locate(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.rows.find(hash, key)
	if e != nil && now.UnixMilli() < e.until {
		s.Hits++
		s.rows.touch(e)
		return e.value
	}
	if e != nil {
		s.remove(hash, e)
	}
	s.Misses++
	return value
}

// A Ticket is taken before a value is read, and handed in with it. In between the
// row may have been deleted and forgotten; remembering it then would bring it
// back to life.
type Ticket struct{ epoch uint64 }

// Ticket returns the ticket for reading what key names now.
func (c *Cache[P]) Ticket(key string) Ticket {
	s, _ := c.locate(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	return Ticket{s.epoch}
}

// Remember keeps value, which costs size bytes besides key and [Overhead], until
// then; not if it alone exceeds a shard's share, nor if anything was forgotten
// since t.
func (c *Cache[P]) Remember(key string, value P, k Kind, size int, until time.Time, t Ticket) {
	size += len(key) + Overhead
	key = strings.Clone(key) // it may be a slice of a whole header block
	e := &entry[P]{key: key, value: value, kind: k, until: until.UnixMilli(), size: int32(size)}
	s, hash := c.locate(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != t.epoch || size > s.limits[k] {
		return
	}
	if before := s.rows.find(hash, key); before != nil { // another request was first
		s.remove(hash, before)
	}
	for s.bytes[k]+size > s.limits[k] {
		oldest := s.rows.oldest(k)
		_, hash := c.locate(oldest.key)
		s.remove(hash, oldest)
		s.Evictions++
	}
	s.rows.add(hash, e)
	s.bytes[k] += size
	s.Entries++
}

// Forget drops key, and whatever is being read of it.
func (c *Cache[P]) Forget(key string) {
	s, hash := c.locate(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	if e := s.rows.find(hash, key); e != nil {
		s.remove(hash, e)
	}
}

// remove drops an entry. The caller holds mu.
func (s *shard[P]) remove(hash uint64, e *entry[P]) {
	s.rows.remove(hash, e)
	s.bytes[e.kind] -= int(e.size)
	s.Entries--
}

// Stats returns the sum over all entries.
func (c *Cache[P]) Stats() (sum edgeward.CacheStats) {
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
