package cache_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/edgeward/edgeward/internal/keep/cache"
)

var now = time.UnixMilli(1_800_000_000_000)

func id(n int) string {
	var key [16]byte
	binary.BigEndian.PutUint64(key[:], uint64(n))
	return string(key[:])
}

// remember is a read that nothing disturbs.
func remember(c *cache.Cache[*int], n, size int, now time.Time) {
	c.Remember(id(n), &n, cache.Present, size, now.Add(time.Minute), c.Ticket(id(n)))
}

func TestAnEntryLivesItsLifeAndNoLonger(t *testing.T) {
	c := cache.New[*int](1<<20, 0)
	remember(c, 7, 0, now)
	if v := c.Find(id(7), now.Add(time.Minute-time.Millisecond)); v == nil || *v != 7 {
		t.Error("gone before its time")
	}
	if c.Find(id(7), now.Add(time.Minute)) != nil {
		t.Error("there after its time")
	}
	if s := c.Stats(); s.Hits != 1 || s.Misses != 1 || s.Entries != 0 || s.Bytes != 0 {
		t.Errorf("%+v", s)
	}
}

func TestWhatIsForgottenStaysForgotten(t *testing.T) {
	c := cache.New[*int](1<<20, 0)
	remember(c, 7, 0, now)
	reading := c.Ticket(id(7))
	c.Forget(id(7))
	if c.Find(id(7), now) != nil {
		t.Error("there after it was forgotten")
	}
	c.Remember(id(7), new(int), cache.Present, 0, now.Add(time.Minute), reading)
	if c.Find(id(7), now) != nil {
		t.Error("a read from before brought it back")
	}
	remember(c, 7, 0, now)
	if c.Find(id(7), now) == nil {
		t.Error("a read from after is not believed")
	}
}

func TestTheCacheIsBoundedInBytes(t *testing.T) {
	const limit = 1 << 20
	c := cache.New[*int](limit, 0)
	for n := range 10_000 {
		remember(c, n, 100, now)
		remember(c, n, 200, now) // the same again replaces it
	}
	s := c.Stats()
	if s.Bytes > limit || s.Bytes < limit*9/10 || s.Bytes != s.Entries*(len(id(0))+200+cache.Overhead) || s.Evictions == 0 {
		t.Errorf("limit %d: %+v", limit, s)
	}
	if c.Find(id(9_999), now) == nil {
		t.Error("the newest was evicted")
	}
	if c.Find(id(0), now) != nil {
		t.Error("the oldest was kept")
	}
	remember(c, -1, limit, now)
	if c.Find(id(-1), now) != nil || c.Stats().Entries != s.Entries {
		t.Error("an entry that does not fit was taken, or evicted others")
	}
}

func TestWhatIsUsedStays(t *testing.T) {
	c := cache.New[*int](1<<20, 0)
	for n := range 20_000 {
		remember(c, n, 100, now)
		if c.Find(id(0), now) == nil {
			t.Fatalf("evicted after %d others, in constant use", n)
		}
	}
}

func TestWhatDoesNotExistPushesNothingOut(t *testing.T) {
	c := cache.New[*int](1<<20, 1<<16)
	remember(c, 7, 100, now)
	absent := func(n int) {
		c.Remember(id(n), &n, cache.Absent, 100, now.Add(time.Minute), c.Ticket(id(n)))
	}
	for n := 1000; n < 20_000; n++ {
		absent(n)
	}
	if s := c.Stats(); c.Find(id(7), now) == nil || c.Find(id(19_999), now) == nil || s.Bytes > 1<<16+1<<10 {
		t.Errorf("%+v", s)
	}
	absent(7) // it changes its kind, and back
	remember(c, 7, 100, now)
	c.Forget(id(7))
	remember(c, 8, 100, now)
	for n := 1000; n < 20_000; n++ {
		c.Forget(id(n))
	}
	if s := c.Stats(); s.Entries != 1 || s.Bytes != len(id(0))+100+cache.Overhead {
		t.Errorf("%+v", s)
	}
}

func TestNoBytesNoCache(t *testing.T) {
	for _, limit := range []int{0, -1} {
		c := cache.New[*int](limit, 0)
		remember(c, 1, 0, now)
		if c.Find(id(1), now) != nil {
			t.Errorf("limit %d remembers", limit)
		}
	}
}
