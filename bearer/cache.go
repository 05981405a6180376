package bearer

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

const (
	// entryLife bounds how long one verification is believed; exp, which is
	// checked on every hit, may end it sooner.
	entryLife = 5 * time.Minute
	// shards spreads the locks: two tokens wait for each other once in 32 times.
	shards = 32
	// entryOverhead is what an entry costs besides its token and its claims:
	// list node, map slot, identity, header map. Measured with
	// TestTheCacheCountsWhatItCosts, rounded up.
	entryOverhead = 1280
)

// A verification is what the cache remembers: that a token was genuine, and
// what has to be asked again on every hit.
type verification struct {
	issuer    *Issuer
	key       *jwt.Key
	identity  *edgeward.Identity
	notBefore time.Time
	expires   time.Time
	until     time.Time // entryLife after the verification
	size      int
}

// cache maps whole tokens to verifications. The whole token is the key, never a
// digest of a part: nothing that was not verified byte for byte can hit.
//
// It belongs to one Verifier with one configuration; a reload makes a new
// Verifier and so forgets everything that was verified under other rules.
type cache struct {
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu                      sync.Mutex // held for a lookup or an insertion, never across I/O
	entries                 *simplelru.LRU[string, *verification]
	bytes, limit            int
	hits, misses, evictions uint64
}

func newCache(limit int) *cache {
	c := &cache{seed: maphash.MakeSeed()}
	for i := range c.shards {
		s := &c.shards[i]
		s.limit = limit / shards
		// The count is bounded by bytes below; entryOverhead makes it finite here.
		s.entries, _ = simplelru.NewLRU(s.limit/entryOverhead+1, func(_ string, v *verification) { s.bytes -= v.size })
	}
	return c
}

func (c *cache) shard(token string) *shard {
	return &c.shards[maphash.String(c.seed, token)%shards]
}

// find returns what is remembered of token, or nil.
func (c *cache) find(token string, now time.Time) *verification {
	s := c.shard(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	v, found := s.entries.Get(token)
	if found && now.Before(v.until) {
		s.hits++
		return v
	}
	if found {
		s.entries.Remove(token)
	}
	s.misses++
	return nil
}

// remember keeps v under token unless it alone would exceed the shard's share.
func (c *cache) remember(token string, v *verification) {
	v.size = len(token) + weight(v.identity) + entryOverhead
	s := c.shard(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.size > s.limit {
		return
	}
	s.entries.Remove(token) // another request may have been first; its bytes go with it
	for s.bytes+v.size > s.limit {
		s.entries.RemoveOldest()
		s.evictions++
	}
	s.entries.Add(strings.Clone(token), v) // the token may be a slice of a whole header block
	s.bytes += v.size
}

// weight is what an identity of any size takes in memory, beyond entryOverhead.
// A token of 8 KiB can carry thousands of permissions, each with a string header
// of its own and its text in the joined header field too.
func weight(id *edgeward.Identity) int {
	const stringHeader = 16
	n := len(id.Claims)
	for _, list := range [...][]string{id.Permissions, id.Audience} {
		for _, s := range list {
			n += 2*len(s) + 2*stringHeader
		}
	}
	return n
}

// forget drops token, whose verification no longer holds.
func (c *cache) forget(token string) {
	s := c.shard(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries.Remove(token)
}

// CacheStats counts what the verified-token cache did since it was made.
type CacheStats struct {
	Hits, Misses, Evictions uint64
	Entries, Bytes          int
}

func (c *cache) stats() CacheStats {
	var sum CacheStats
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		sum.Hits += s.hits
		sum.Misses += s.misses
		sum.Evictions += s.evictions
		sum.Entries += s.entries.Len()
		sum.Bytes += s.bytes
		s.mu.Unlock()
	}
	return sum
}
