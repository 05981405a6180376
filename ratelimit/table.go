package ratelimit

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A table holds counters in buckets of eight; a key belongs to one bucket,
// which nobody outside can foresee. It never grows and has no pointers inside.
type table struct {
	rate    rate
	seed    maphash.Seed
	buckets []bucket // a power of two
	stripes [stripes]stripe

	latest    atomic.Int64  // no counter holds longer: until then somebody has guessed
	forgotten atomic.Uint64 // counters that gave way to others
	uncounted atomic.Uint64 // guesses for which there was no room among bans
}

type bucket [8]counter

// A counter is free when its kind is, or when until is past: it says nothing
// then.
type counter struct {
	key
	until  int64 // see rate
	unsent int64 // how much of it other nodes were not told
}

// stripes of buckets share a lock each.
const stripes = 256

type stripe struct {
	mu     sync.Mutex // never held across I/O
	latest int64      // no counter of the stripe holds longer
	_      [48]byte   // a line of memory each
}

const bucketSize = int(unsafe.Sizeof(bucket{}))

func newTable(bytes int, r rate) *table {
	n := max(bytes/bucketSize, stripes)
	return &table{rate: r, seed: maphash.MakeSeed(), buckets: make([]bucket, 1<<(bits.Len(uint(n))-1))}
}

// open locks and returns the bucket of k.
func (t *table) open(k key) (*bucket, *stripe) {
	n := maphash.Comparable(t.seed, k) & uint64(len(t.buckets)-1)
	s := &t.stripes[n%stripes]
	s.mu.Lock()
	return &t.buckets[n], s
}

func (b *bucket) find(k key) *counter {
	for i := range b {
		if b[i].key == k {
			return &b[i]
		}
	}
	return nil
}

// until returns the state of k, at most now when nothing is known of it.
func (t *table) until(k key, now int64) int64 {
	if t.latest.Load() <= now {
		return now // nobody guesses, as on most days
	}
	b, s := t.open(k)
	defer s.mu.Unlock()
	if c := b.find(k); c != nil {
		return t.rate.clamp(c.until, now)
	}
	return now
}

// count adds a guess, unless k has to wait: then it returns how long.
func (t *table) count(k key, now int64) (wait int64) {
	b, s := t.open(k)
	defer s.mu.Unlock()
	c := t.place(b, k, now)
	if c == nil {
		return 0
	}
	if wait = t.rate.wait(c.until, now); wait > 0 {
		return wait
	}
	c.until = t.rate.next(c.until, now)
	c.unsent += t.rate.step
	t.holds(s, c.until)
	return 0
}

// place returns the counter of k, a new one if there is none: one that is free,
// else that which would be free next. A ban does not give way; among eight of
// them nothing else is counted, and it returns nil.
func (t *table) place(b *bucket, k key, now int64) *counter {
	if c := b.find(k); c != nil {
		if c.until <= now {
			c.unsent = 0 // forgotten here before anybody heard of it
		}
		return c
	}
	var victim *counter
	for i := range b {
		c := &b[i]
		if t.rate.wait(c.until, now) == 0 && (victim == nil || c.until < victim.until) {
			victim = c
		}
	}
	if victim == nil {
		t.uncounted.Add(1)
		return nil
	}
	if victim.until > now {
		t.forgotten.Add(1)
	}
	*victim = counter{key: k, until: now}
	return victim
}

// remove forgets k and returns what its state was.
func (t *table) remove(k key, now int64) (until int64) {
	b, s := t.open(k)
	defer s.mu.Unlock()
	c := b.find(k)
	if c == nil {
		return now
	}
	until = t.rate.clamp(c.until, now)
	*c = counter{}
	return until
}

// takeUnsent returns what other nodes were not told of k, and counts it as
// told.
func (t *table) takeUnsent(k key, now int64) (unsent int64) {
	b, s := t.open(k)
	defer s.mu.Unlock()
	if c := b.find(k); c != nil && c.until > now {
		unsent, c.unsent = c.unsent, 0
	}
	return unsent
}

// newsworthy reports whether other nodes should hear of k: it is halfway to a
// ban.
func (t *table) newsworthy(k key, now int64) bool {
	b, s := t.open(k)
	defer s.mu.Unlock()
	c := b.find(k)
	return c != nil && 2*(c.until-now) >= t.rate.burst
}

// giveBack takes that back: nobody was told.
func (t *table) giveBack(k key, unsent int64) {
	b, s := t.open(k)
	defer s.mu.Unlock()
	if c := b.find(k); c != nil {
		c.unsent += unsent
	}
}

// learn sets the state of k to what all nodes have counted together, and what
// only this one knows on top.
func (t *table) learn(k key, shared, now int64) {
	b, s := t.open(k)
	defer s.mu.Unlock()
	if shared <= now && b.find(k) == nil {
		return // forgotten, and never known here
	}
	if c := t.place(b, k, now); c != nil {
		c.until = t.rate.clamp(t.rate.clamp(shared, now)+c.unsent, now)
		t.holds(s, c.until)
	}
}

// holds notes until when a counter of s says something.
func (t *table) holds(s *stripe, until int64) {
	s.latest = max(s.latest, until)
	for latest := t.latest.Load(); latest < until && !t.latest.CompareAndSwap(latest, until); {
		latest = t.latest.Load()
	}
}

// each calls f with every counter, those that say nothing included, for one
// stripe of buckets after the other.
func (t *table) each(now int64, f func(key, int64)) {
	for n := range t.stripes {
		t.eachOf(n, now, f)
	}
}

func (t *table) eachOf(n int, now int64, f func(key, int64)) {
	s := &t.stripes[n]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest <= now {
		return
	}
	for i := n; i < len(t.buckets); i += stripes {
		for _, c := range t.buckets[i] {
			f(c.key, t.rate.clamp(c.until, now))
		}
	}
}
