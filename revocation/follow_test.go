package revocation_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

// cluster runs f in a bubble of its own time with two nodes over one store.
func cluster(t *testing.T, test func(c *pair)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := &pair{T: t, ctx: ctx, store: storetest.NewFaulty(memstore.New(memstore.Config{}))}
		c.a, c.b = c.node(nil), c.node(func(lag time.Duration) { c.lags = append(c.lags, lag) })
		defer c.running.Wait()
		defer cancel()
		test(c)
	})
}

type pair struct {
	*testing.T
	ctx     context.Context
	store   *storetest.Faulty
	a, b    *revocation.Log
	lags    []time.Duration // of b
	running sync.WaitGroup
}

func (c *pair) node(lag func(time.Duration)) *revocation.Log {
	log, err := revocation.New(revocation.Config{Store: c.store, Now: time.Now, Lag: lag})
	if err != nil {
		c.Fatal(err)
	}
	return log
}

// run keeps a log's watch up as the program does: again after a pause.
func (c *pair) run(log *revocation.Log) {
	c.running.Go(func() {
		for c.ctx.Err() == nil {
			_ = log.Run(c.ctx)
			select {
			case <-time.After(time.Second):
			case <-c.ctx.Done():
			}
		}
	})
	synctest.Wait()
}

func (c *pair) revoke(log *revocation.Log, e revocation.Entry) {
	c.Helper()
	if _, err := log.Revoke(c.ctx, e); err != nil {
		c.Fatal(err)
	}
	synctest.Wait()
}

func session(id string) revocation.Entry {
	return revocation.Entry{Scope: revocation.Session, Value: id}
}

func (c *pair) wantRevoked(log *revocation.Log, id string, want bool) {
	c.Helper()
	if err := log.Check(identity(c.T, edgeward.Identity{Session: id})); revoked(err) != want || !want && err != nil {
		c.Errorf("session %s: %v, want revoked %v", id, err, want)
	}
}

func TestTheOtherNodeIsTold(t *testing.T) {
	cluster(t, func(c *pair) {
		c.revoke(c.a, session("before"))
		c.run(c.b)
		c.revoke(c.a, session("after"))
		c.wantRevoked(c.b, "before", true)
		c.wantRevoked(c.b, "after", true)
		c.wantRevoked(c.b, "other", false)
	})
}

func TestABrokenWatchIsMadeUpFor(t *testing.T) {
	cluster(t, func(c *pair) {
		c.run(c.b)
		c.store.Cut()
		synctest.Wait()
		c.revoke(c.a, session("meanwhile"))
		c.wantRevoked(c.b, "meanwhile", false)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		c.wantRevoked(c.b, "meanwhile", true)
	})
}

// A row that is deleted, or a store that was rolled back, lifts nothing.
func TestRevocationIsTerminal(t *testing.T) {
	cluster(t, func(c *pair) {
		c.run(c.b)
		c.revoke(c.a, session("1"))
		rows, err := c.store.List(c.ctx, "revoked/session/", "", 10)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if err := c.store.Delete(c.ctx, rows[0].Key); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.wantRevoked(c.b, "1", true)
		c.revoke(c.a, session("2"))
		c.wantRevoked(c.b, "2", true) // the watch went on
		c.store.Cut()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		c.wantRevoked(c.b, "1", true)
	})
}

// A node that knows of a later time keeps it when the store tells an earlier one.
func TestAnOlderRowNarrowsNothing(t *testing.T) {
	cluster(t, func(c *pair) {
		c.run(c.b)
		first := time.Now()
		time.Sleep(time.Hour)
		id := identity(t, edgeward.Identity{IssuedAt: time.Now()})
		subject := revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "alice"}
		c.revoke(c.a, subject)
		rows, err := c.store.List(c.ctx, "revoked/subject/", "", 10)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if err := c.store.Delete(c.ctx, rows[0].Key); err != nil {
			t.Fatal(err)
		}
		subject.NotBefore = first
		c.revoke(c.node(nil), subject)
		if err := c.b.Check(id); !revoked(err) {
			t.Error(err)
		}
	})
}

// A row says a not-before exactly where its scope has one.
func TestARowWithTheWrongTimesCannotBeRead(t *testing.T) {
	for _, row := range []struct {
		entry    revocation.Entry
		old, new string
	}{
		{revocation.Entry{Scope: revocation.Subject, Issuer: issuer, Value: "alice"}, `"not_before"`, `"not_after"`},
		{session("1"), `"revoked"`, `"not_before":1,"revoked"`},
	} {
		cluster(t, func(c *pair) {
			c.revoke(c.a, row.entry)
			rows, err := c.store.List(c.ctx, "revoked/", "", 10)
			if err != nil || len(rows) != 1 {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			changed := strings.Replace(string(rows[0].Value), row.old, row.new, 1)
			if _, err := c.store.Replace(c.ctx, rows[0].Key, rows[0].Version, []byte(changed), time.Time{}); err != nil {
				t.Fatal(err)
			}
			if err := c.b.Run(c.ctx); !couldNotTell(err) || !strings.Contains(err.Error(), rows[0].Key) {
				t.Errorf("%s: %v", changed, err)
			}
		})
	}
}

func TestARowThatCannotBeReadIsNotOverlooked(t *testing.T) {
	for rule, row := range map[string]struct{ key, value string }{
		"damaged":            {"revoked/session/x", `{"v":1`},
		"a newer version":    {"revoked/session/x", `{"v":2,"issuer":"","value":"1","reason":"","revoked":1}`},
		"an unknown scope":   {"revoked/device/x", `{"v":1,"issuer":"","value":"1","reason":"","revoked":1}`},
		"under a wrong key":  {"revoked/session/x", `{"v":1,"issuer":"","value":"1","reason":"","revoked":1}`},
		"no value":           {"revoked/session/x", `{"v":1,"issuer":"","reason":"","revoked":1}`},
		"not under a scope":  {"revoked/x", `{"v":1,"issuer":"","value":"1","reason":"","revoked":1}`},
		"with a member more": {"revoked/session/x", `{"v":1,"issuer":"","value":"1","reason":"","revoked":1,"value":"2"}`},
	} {
		t.Run(rule, func(t *testing.T) {
			cluster(t, func(c *pair) {
				for i := range 20 {
					c.revoke(c.a, session(fmt.Sprint(i)))
				}
				if _, err := c.store.Create(c.ctx, row.key, []byte(row.value), time.Time{}); err != nil {
					t.Fatal(err)
				}
				err := c.b.Run(c.ctx)
				if !couldNotTell(err) || !strings.Contains(err.Error(), row.key) {
					t.Errorf("it must end and name the row: %v", err)
				}
				for i := range 20 {
					c.wantRevoked(c.b, fmt.Sprint(i), true)
				}
				if err := c.b.Check(identity(t, edgeward.Identity{})); !couldNotTell(err) {
					t.Errorf("a node that could not read all: %v", err)
				}
				if err := c.store.Delete(c.ctx, row.key); err != nil {
					t.Fatal(err)
				}
				c.run(c.b)
				c.wantRevoked(c.b, "other", false)
				if _, err := c.store.Create(c.ctx, row.key, []byte(row.value), time.Time{}); err != nil {
					t.Fatal(err)
				}
				for range 20 {
					if err := c.b.Beat(c.ctx); err != nil {
						t.Fatal(err)
					}
					time.Sleep(500 * time.Millisecond)
				}
				if s := c.b.Staleness(time.Now()); s < 9*time.Second {
					t.Errorf("staleness %v with a row that was never read", s)
				}
				c.revoke(c.a, session("later"))
				time.Sleep(2 * time.Second)
				c.wantRevoked(c.b, "later", true)
			})
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	cluster(t, func(c *pair) {
		ctx, cancel := context.WithTimeout(c.ctx, time.Minute)
		defer cancel()
		if err := c.a.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func (c *pair) wantStaleness(log *revocation.Log, want time.Duration) {
	c.Helper()
	if got := log.Staleness(time.Now()); got != want {
		c.Errorf("staleness %v, want %v", got, want)
	}
}

func TestStaleness(t *testing.T) {
	cluster(t, func(c *pair) {
		beat := func(log *revocation.Log) error {
			err := log.Beat(c.ctx)
			synctest.Wait()
			return err
		}
		c.wantStaleness(c.b, math.MaxInt64)
		if err := beat(c.b); err != nil {
			t.Fatal(err)
		}
		c.wantStaleness(c.b, math.MaxInt64) // nobody watches
		c.run(c.b)
		c.wantStaleness(c.b, 0)
		time.Sleep(5 * time.Second)
		c.wantStaleness(c.b, 5*time.Second) // silence is no news
		c.revoke(c.a, session("1"))
		c.wantStaleness(c.b, 5*time.Second) // nor is what somebody else wrote at an unknown time
		if err := beat(c.a); err != nil {
			t.Fatal(err)
		}
		c.wantStaleness(c.b, 5*time.Second)
		for range 3 {
			if err := beat(c.b); err != nil {
				t.Fatal(err)
			}
			c.wantStaleness(c.b, 0)
			time.Sleep(time.Second)
		}
		c.store.Follow(storetest.Down)
		if err := beat(c.b); err == nil {
			t.Error("a beat of a store that is down")
		}
		c.wantStaleness(c.b, time.Second)
		c.store.Follow(nil)
		time.Sleep(time.Second)
		if err := beat(c.b); err != nil {
			t.Fatal(err)
		}
		c.wantStaleness(c.b, time.Second) // as of the beat that may have been written
		if err := beat(c.b); err != nil {
			t.Fatal(err)
		}
		c.wantStaleness(c.b, 0)
		if s := c.b.Staleness(time.Now().Add(-time.Hour)); s != 0 {
			t.Errorf("staleness %v for a moment before", s)
		}
	})
}

func TestABeatThatTookLongProvesItsBeginning(t *testing.T) {
	cluster(t, func(c *pair) {
		c.run(c.b)
		time.Sleep(time.Minute)
		c.store.Follow(func(o storetest.Operation) storetest.Fault {
			if o.Write() {
				return storetest.Fault{Delay: 3 * time.Second}
			}
			return storetest.Fault{}
		})
		if err := c.b.Beat(c.ctx); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.wantStaleness(c.b, 3*time.Second)
	})
}

func TestBeatsGoOnAfterAnUnknownOutcomeAndAfterTheirRowIsGone(t *testing.T) {
	cluster(t, func(c *pair) {
		c.run(c.b)
		for _, plan := range []storetest.Plan{storetest.Lost, nil, storetest.Lost, storetest.Lost, nil, nil} {
			c.store.Follow(plan)
			if err := c.b.Beat(c.ctx); (err == nil) != (plan == nil) {
				t.Fatal(err)
			}
			synctest.Wait()
			c.wantStaleness(c.b, 0) // also when the answer was lost: the watch tells
			time.Sleep(time.Second)
		}
		time.Sleep(2 * time.Hour) // expired
		if err := c.b.Beat(c.ctx); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.wantStaleness(c.b, 0)
	})
}

// A watch may tell a key's last state at the place of its first. So a beat that
// was repeated on its way proves the time of its first writing only.
func TestARepeatedBeatProvesItsFirstWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := &slow{Backend: memstore.New(memstore.Config{}), tell: make(chan store.Event)}
		log, err := revocation.New(revocation.Config{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { _ = log.Run(ctx); close(ended) }()
		synctest.Wait()
		beat := func() {
			if err := log.Beat(ctx); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		beat()
		first := time.Now()
		s.tell <- store.Event{Entry: store.Entry{Key: s.last.Key + "x", Value: s.last.Value}}
		synctest.Wait()
		if got := log.Staleness(time.Now()); got != time.Minute {
			t.Errorf("staleness %v after another node's beat", got)
		}
		time.Sleep(time.Second)
		beat() // while the first is on its way: a revocation may stand between them
		s.tell <- store.Event{Entry: s.last}
		synctest.Wait()
		if got, want := log.Staleness(time.Now()), time.Since(first); got != want {
			t.Errorf("staleness %v, want %v", got, want)
		}
		s.tell <- store.Event{Entry: s.last}
		synctest.Wait()
		if got, want := log.Staleness(time.Now()), time.Since(first); got != want {
			t.Errorf("staleness %v after it was told twice, want %v", got, want)
		}
		time.Sleep(time.Second)
		old := s.last
		beat()
		s.tell <- store.Event{Entry: old} // late, and proves nothing about the new one
		synctest.Wait()
		if got, want := log.Staleness(time.Now()), time.Since(first); got != want {
			t.Errorf("staleness %v after an old beat, want %v", got, want)
		}
		s.tell <- store.Event{Entry: store.Entry{Key: s.last.Key}, Deleted: true}
		synctest.Wait()
		select {
		case <-ended:
			t.Error("the watch ended because a beat expired")
		default:
		}
		cancel()
		<-ended
	})
}

// slow is a store whose watch tells when it is told to.
type slow struct {
	store.Backend
	last store.Entry
	tell chan store.Event
}

func (s *slow) Create(ctx context.Context, key string, value []byte, expires time.Time) (store.Version, error) {
	s.last = store.Entry{Key: key, Value: value}
	return s.Backend.Create(ctx, key, value, expires)
}

func (s *slow) Replace(ctx context.Context, key string, old store.Version, value []byte, expires time.Time) (store.Version, error) {
	s.last = store.Entry{Key: key, Value: value}
	return s.Backend.Replace(ctx, key, old, value, expires)
}

func (s *slow) Watch(ctx context.Context, _ string, event func(store.Event) error, synced func() error) error {
	if err := synced(); err != nil {
		return err
	}
	for {
		select {
		case e := <-s.tell:
			if err := event(e); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func TestLagIsMeasuredWhereItHurts(t *testing.T) {
	cluster(t, func(c *pair) {
		want := func(rule string, lags ...time.Duration) {
			t.Helper()
			if fmt.Sprint(c.lags) != fmt.Sprint(lags) {
				t.Errorf("%s: lags %v, want %v", rule, c.lags, lags)
			}
			c.lags = nil
		}
		c.revoke(c.a, session("old"))
		time.Sleep(time.Hour)
		c.run(c.b)
		want("what stood before the node started has no lag")
		c.store.Follow(func(o storetest.Operation) storetest.Fault {
			if o.Name == "create" {
				return storetest.Fault{Delay: 40 * time.Millisecond}
			}
			return storetest.Fault{}
		})
		c.revoke(c.a, session("1"))
		want("another node's", 40*time.Millisecond)
		c.revoke(c.b, session("2"))
		want("its own, once", 40*time.Millisecond)
		c.revoke(c.a, session("1"))
		want("nothing new")
		c.store.Follow(nil)
		c.store.Cut()
		synctest.Wait()
		c.revoke(c.a, session("3"))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		want("what a broken watch missed", time.Second)
	})
}

// Whatever was acknowledged is refused, by however many goroutines it is
// revoked, checked and swept at once.
func TestAcknowledgedRevocationsHoldForAllReaders(t *testing.T) {
	f := newFixture(t)
	log := f.node()
	f.sync(log)
	const writers, each = 8, 500
	free := identity(t, edgeward.Identity{Session: "free"})
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				id := fmt.Sprintf("%d-%d", w, i)
				if _, err := log.Revoke(t.Context(), session(id)); err != nil {
					t.Error(err)
					return
				}
				log.Sweep()
				if err := log.Check(identity(t, edgeward.Identity{Session: id})); !revoked(err) {
					t.Errorf("session %s: %v", id, err)
				}
				if err := log.Check(free); err != nil {
					t.Errorf("free: %v", err)
				}
			}
		})
	}
	all.Wait()
	for w := range writers {
		for i := range each {
			if err := log.Check(identity(t, edgeward.Identity{Session: fmt.Sprintf("%d-%d", w, i)})); !revoked(err) {
				t.Fatalf("session %d-%d: %v", w, i, err)
			}
		}
	}
}
