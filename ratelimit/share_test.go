package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/ratelimit"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

// A cluster are two nodes over one store, in a bubble of its own time.
type cluster struct {
	*testing.T
	ctx     context.Context
	store   *storetest.Faulty
	a, b    *ratelimit.Limiter
	running sync.WaitGroup
}

func inCluster(t *testing.T, test func(c *cluster)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := &cluster{T: t, ctx: ctx, store: storetest.NewFaulty(memstore.New(memstore.Config{}))}
		defer c.running.Wait()
		defer cancel()
		c.a, c.b = c.node(), c.node()
		test(c)
	})
}

func (c *cluster) node() *ratelimit.Limiter {
	c.Helper()
	l, err := ratelimit.New(ratelimit.Config{Bytes: 1 << 20, Store: c.store})
	if err != nil {
		c.Fatal(err)
	}
	c.running.Go(func() {
		for c.ctx.Err() == nil {
			_ = l.Run(c.ctx)
			select {
			case <-time.After(time.Second):
			case <-c.ctx.Done():
			}
		}
	})
	synctest.Wait()
	return l
}

func (c *cluster) sync(nodes ...*ratelimit.Limiter) {
	c.Helper()
	for _, l := range nodes {
		if err := l.Sync(c.ctx); err != nil {
			c.Error(err)
		}
	}
	synctest.Wait()
}

func guessAt(l *ratelimit.Limiter, client netip.Addr, n int) (answered int) {
	for range n {
		if errors.Is(l.Record(client, errForged), edgeward.TokenSignature) {
			answered++
		}
	}
	return answered
}

func TestNodesAddUpWhatTheyCounted(t *testing.T) {
	inCluster(t, func(c *cluster) {
		guessAt(c.a, client, 6)
		c.sync(c.a)
		guessAt(c.b, client, 3)
		c.sync(c.b)
		if n := guessAt(c.a, client, 9); n != 1 {
			t.Errorf("%d guesses left of ten", n)
		}
		c.sync(c.a)
		if c.b.Check(client) == nil || c.node().Check(client) == nil {
			t.Error("the other nodes do not know of the ban")
		}
		if page, _, _ := c.b.Bans("", 10); len(page) != 1 || time.Until(page[0].Until) != 6*time.Minute {
			t.Errorf("bans %v", page)
		}
		time.Sleep(time.Hour)
		if n := guessAt(c.b, client, 25); n != 10 {
			t.Errorf("%d guesses an hour later", n)
		}
	})
}

// What this node has not shared yet survives what it hears of the others.
func TestHearingOfOthersForgetsNothingOfOnesOwn(t *testing.T) {
	inCluster(t, func(c *cluster) {
		guessAt(c.a, client, 4) // too few to be shared
		guessAt(c.b, client, 5)
		c.sync(c.b)
		if n := guessAt(c.a, client, 9); n != 1 {
			t.Errorf("%d guesses left of ten", n)
		}
	})
}

// noWrites is the plan of a store that nobody may write to.
func noWrites(o storetest.Operation) storetest.Fault {
	if o.Write() {
		return storetest.Fault{Before: storetest.ErrInjected}
	}
	return storetest.Fault{}
}

// Two nodes that make the row of a network at once add up all the same.
func TestTwoNodesMakeOneRow(t *testing.T) {
	inCluster(t, func(c *cluster) {
		guessAt(c.a, client, 5)
		guessAt(c.b, client, 5)
		c.store.Follow(func(o storetest.Operation) storetest.Fault {
			if o.Name == "create" {
				c.store.Follow(nil)
				c.sync(c.b)
			}
			return storetest.Fault{}
		})
		c.sync(c.a)
		if c.a.Check(client) == nil || c.b.Check(client) == nil {
			t.Error("ten guesses are no ban")
		}
	})
}

func TestARowThatBecomesUnreadableForgetsNothing(t *testing.T) {
	for _, value := range []string{`{"v":2,"until":1}`, `{"v":1,"until":"x"}`, `{"v":1}`, ``} {
		inCluster(t, func(c *cluster) {
			guessAt(c.a, client, 10)
			c.sync(c.a)
			row, err := c.store.Get(c.ctx, "ban/192.0.2.1/32")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.store.Replace(c.ctx, row.Key, row.Version, []byte(value), time.Time{}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if c.a.Check(client) == nil || c.b.Check(client) == nil {
				t.Errorf("%s lifted the ban", value)
			}
		})
	}
}

// What was forgotten here before the others heard of it is not news any more.
func TestOldNewsIsNotTold(t *testing.T) {
	inCluster(t, func(c *cluster) {
		guessAt(c.a, client, 4)
		time.Sleep(30 * time.Minute)
		guessAt(c.a, client, 5)
		c.sync(c.a)
		if n := guessAt(c.b, client, 25); n != 5 {
			t.Errorf("%d guesses left: forgotten ones were told", n)
		}
	})
	inCluster(t, func(c *cluster) {
		c.store.Follow(storetest.Down)
		guessAt(c.a, client, 10)
		_ = c.a.Sync(c.ctx)
		time.Sleep(3 * time.Hour)
		c.store.Follow(noWrites)
		c.sync(c.a)
		if n := guessAt(c.b, client, 25); n != 10 {
			t.Errorf("%d guesses left: a ban that is over was told", n)
		}
	})
}

func TestWithoutTheStoreEachNodeCountsAlone(t *testing.T) {
	inCluster(t, func(c *cluster) {
		c.store.Follow(storetest.Down)
		c.store.Cut()
		if n := guessAt(c.a, client, 25); n != 10 {
			t.Errorf("%d guesses", n)
		}
		if err := c.a.Sync(c.ctx); !errors.Is(err, storetest.ErrInjected) {
			t.Errorf("sync: %v", err)
		}
		if c.a.Check(client) == nil || c.b.Check(client) != nil {
			t.Error("the ban holds on the node that counted, and there only")
		}
		if c.a.Stats().Unshared != 1 {
			t.Errorf("%+v", c.a.Stats())
		}
		c.store.Follow(nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		c.sync(c.a)
		if c.b.Check(client) == nil || c.a.Stats().Unshared != 0 {
			t.Error("what was counted meanwhile is not made up for")
		}
	})
}

func TestClearingHoldsOnAllNodes(t *testing.T) {
	inCluster(t, func(c *cluster) {
		guessAt(c.a, client, 10)
		c.sync(c.a)
		waited, err := c.b.Clear(c.ctx, netip.PrefixFrom(client, 32))
		synctest.Wait()
		if !waited || err != nil {
			t.Fatal(waited, err)
		}
		if c.a.Check(client) != nil || c.b.Check(client) != nil || c.node().Check(client) != nil {
			t.Error("still blocked")
		}
		c.sync(c.a, c.b)
		if n := guessAt(c.a, client, 25); n != 10 {
			t.Errorf("%d guesses after that", n)
		}
		if waited, err := c.a.Clear(c.ctx, netip.MustParsePrefix("198.51.100.1/32")); waited || err != nil {
			t.Errorf("somebody who did not wait: %v, %v", waited, err)
		}
		c.store.Follow(storetest.Down)
		if waited, err := c.a.Clear(c.ctx, netip.PrefixFrom(client, 32)); !waited || !errors.Is(err, storetest.ErrInjected) || c.a.Check(client) != nil {
			t.Errorf("the store is down: %v, %v, %v", waited, err, c.a.Check(client))
		}
	})
}

// A flood of networks with a few guesses each must not become one of writes.
func TestWhatIsShared(t *testing.T) {
	inCluster(t, func(c *cluster) {
		writes := 0
		c.store.Follow(func(o storetest.Operation) storetest.Fault {
			if o.Write() {
				writes++
			}
			return storetest.Fault{}
		})
		for i := range 1000 {
			guessAt(c.a, netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)}), 4)
		}
		c.sync(c.a)
		if writes != 0 || c.a.Stats().Unshared != 0 {
			t.Errorf("%d writes, %+v", writes, c.a.Stats())
		}
		for i := range 5000 {
			guessAt(c.a, netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)}), 5)
		}
		if n := c.a.Stats().Unshared; n > 4096 {
			t.Errorf("%d counters wait to be shared", n)
		}
		c.sync(c.a)
		if writes != 64 {
			t.Errorf("%d writes in one step", writes)
		}
		writes = 0
		for range 70 {
			c.sync(c.a)
		}
		if n := c.a.Stats().Unshared; n != 0 || writes > 4096-64 {
			t.Errorf("%d writes, %d left", writes, n)
		}
	})
}

func TestRowsThatCannotBeReadArePassedOver(t *testing.T) {
	inCluster(t, func(c *cluster) {
		until := fmt.Sprint(time.Now().Add(time.Hour).UnixMilli())
		for key, value := range map[string]string{
			"ban/192.0.2.1/32":           `{"v":2,"until":` + until + `}`,
			"ban/192.0.2.2/32":           `{"v":1}`,
			"ban/192.0.2.3/24":           `{"v":1,"until":` + until + `}`,
			"ban/::ffff:192.0.2.4/32":    `{"v":1,"until":` + until + `}`,
			"ban/account/G":              `{"v":1,"until":` + until + `}`,
			"ban/":                       `{"v":1,"until":` + until + `}`,
			"ban/192.0.2.5/32":           `{"v":1,"until":1}`,
			"ban/2001:0db8:0:1::/64":     `{"v":1,"until":` + until + `}`,
			"ban/192.0.2.6/32":           `{"v":1,"until":9007199254740991}`,
			"ban/2001:db8:0:2::/64":      `{"v":1,"until":` + until + `}`,
			"ban/account/00000000000001": `{"v":1,"until":` + until + `}`,
		} {
			if _, err := c.store.Create(c.ctx, key, []byte(value), time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		page, _, err := c.a.Bans("", 100)
		var got []string
		for _, b := range page {
			got = append(got, fmt.Sprint(b.Source, " ", time.Until(b.Until)))
		}
		if want := "192.0.2.6/32 6m0s,2001:db8:0:2::/64 6m0s"; err != nil || strings.Join(got, ",") != want {
			t.Errorf("bans %v, want %s; %v", got, want, err)
		}
		guessAt(c.a, client, 10)
		if err := c.a.Sync(c.ctx); err == nil {
			t.Error("wrote over a row that cannot be read")
		}
	})
}

func TestALostAnswerLosesNoGuess(t *testing.T) {
	inCluster(t, func(c *cluster) {
		c.store.Follow(storetest.Lost)
		guessAt(c.a, client, 10)
		if err := c.a.Sync(c.ctx); err == nil {
			t.Error("a lost answer was success")
		}
		c.store.Follow(nil)
		c.sync(c.a)
		if c.a.Check(client) == nil || c.b.Check(client) == nil {
			t.Error("a guess is lost")
		}
	})
}

func TestWithoutAStore(t *testing.T) {
	f := newFixture(t, ratelimit.Config{})
	f.guess(client, 10)
	if err := f.Sync(t.Context()); err != nil {
		t.Error(err)
	}
	if err := f.Limiter.Run(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if waited, err := f.Clear(t.Context(), netip.PrefixFrom(client, 32)); !waited || err != nil {
		t.Error(waited, err)
	}
	if waited, err := f.Clear(t.Context(), netip.Prefix{}); waited || err != nil {
		t.Error(waited, err)
	}
}

func TestBansAreListedInPages(t *testing.T) {
	f := newFixture(t, ratelimit.Config{Bytes: 8 << 20})
	want := map[netip.Prefix]bool{}
	for i := range 2500 {
		a := netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)})
		bits := 32
		if i%3 == 0 {
			a, bits = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, 0, byte(i >> 8), byte(i), 1}), 64
		}
		f.guess(a, 10)
		p, _ := a.Prefix(bits)
		want[p] = true
	}
	f.guess(client, 9)
	if n := f.Blocked(); n != len(want) {
		t.Errorf("%d blocked", n)
	}
	for _, limit := range []int{7, 500, 1000} {
		var all []netip.Prefix
		for after, pages := "", 0; ; pages++ {
			page, next, err := f.Bans(after, limit)
			if err != nil || len(page) > limit || pages > 1000 {
				t.Fatalf("%d on page %d, %v", len(page), pages, err)
			}
			for _, b := range page {
				if !want[b.Source] || !b.Until.Equal(f.clock.Now().Add(6*time.Minute)) {
					t.Fatalf("%v", b)
				}
				if len(all) > 0 && all[len(all)-1].Addr().Compare(b.Source.Addr()) >= 0 {
					t.Fatalf("%v after %v", b.Source, all[len(all)-1])
				}
				all = append(all, b.Source)
			}
			if after = next; next == "" {
				break
			}
		}
		if len(all) != len(want) {
			t.Errorf("by %d: %d bans, want %d", limit, len(all), len(want))
		}
	}
	for _, limit := range []int{0, -1, 1001} {
		if _, _, err := f.Bans("", limit); err == nil {
			t.Errorf("a page of %d", limit)
		}
	}
	if _, _, err := f.Bans("x", 1); err == nil {
		t.Error("a place that is none")
	}
	f.clock.Forward(6 * time.Minute)
	if page, next, err := f.Bans("", 1000); len(page) != 0 || next != "" || err != nil || f.Blocked() != 0 {
		t.Errorf("%d bans after they ended, %q, %v", len(page), next, err)
	}
}
