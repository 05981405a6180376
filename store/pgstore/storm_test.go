package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/pgstore"
	"github.com/edgeward/edgeward/store/pgstore/pgtest"
	"github.com/edgeward/edgeward/store/storetest"
	"github.com/edgeward/edgeward/store/storetest/netfault"
)

// rounds of a storm; EDGEWARD_SOAK_ROUNDS asks for more.
func rounds(few int) int {
	if n, err := strconv.Atoi(os.Getenv("EDGEWARD_SOAK_ROUNDS")); err == nil {
		return n
	}
	return few
}

// Two nodes go on through whatever their networks do, and what they see is one
// history: nothing that was acknowledged is lost, and no client wins twice.
func TestNodesWhoseNetworkFailsSeeOneHistory(t *testing.T) {
	l := newLab(t)
	nodes := []store.Backend{l.open(t, "storm"), l.open(t, "storm")}
	faults := []func(p *netfault.Proxy){
		(*netfault.Proxy).Cut,
		(*netfault.Proxy).CutOne,
		(*netfault.Proxy).Abandon,
		func(p *netfault.Proxy) { p.Delay(20 * time.Millisecond) },
		func(p *netfault.Proxy) { p.Freeze(true); time.Sleep(200 * time.Millisecond); p.Freeze(false) },
		func(p *netfault.Proxy) { p.Refuse(true); p.Cut(); time.Sleep(100 * time.Millisecond); p.Refuse(false) },
		func(p *netfault.Proxy) { p.Freeze(true); p.Cut(); p.Freeze(false) },
	}
	all, unknown := 0, 0
	for round := range rounds(2 * len(faults)) {
		h := storetest.NewHistory(fmt.Sprintf("h/%d/", round))
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(rand.N(30 * time.Millisecond)):
					faults[round%len(faults)](l.proxies[nodes[rand.IntN(2)]])
				}
			}
		})
		h.Run(t.Context(), nodes, 8, 40)
		close(stop)
		wg.Wait()
		for _, n := range nodes {
			l.proxies[n].Delay(0)
		}
		h.Check(t)
		a, u := h.Counted()
		all, unknown = all+a, unknown+u
	}
	t.Logf("%d operations, %d with an unknown outcome", all, unknown)
}

// The server is killed among writes, again and again, and has what it has
// acknowledged.
func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	l := newLab(t)
	nodes := []store.Backend{l.open(t, "storm"), l.open(t, "storm")}
	all, unknown := 0, 0
	for round := range rounds(5) {
		h := storetest.NewHistory(fmt.Sprintf("h/%d/", round))
		var wg sync.WaitGroup
		wg.Go(func() { h.Run(t.Context(), nodes, 8, 100) })
		time.Sleep(rand.N(150 * time.Millisecond))
		l.Kill()
		l.Boot()
		wg.Wait()
		h.Check(t)
		a, u := h.Counted()
		all, unknown = all+a, unknown+u
	}
	t.Logf("%d operations, %d with an unknown outcome, through %d kills", all, unknown, rounds(5))
}

// One process of the server crashes: the others end too, and start again.
func TestAWatchEndsOrGoesOnWhenTheServerCrashes(t *testing.T) {
	l := newLab(t)
	s := l.fresh(t)
	told := make(chan string, 100)
	go func() {
		for t.Context().Err() == nil {
			_ = s.Watch(t.Context(), "", func(e store.Event) error { told <- e.Entry.Key; return nil }, func() error { return nil })
			time.Sleep(10 * time.Millisecond)
		}
	}()
	hears := func(key string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if _, err := s.Create(t.Context(), key, nil, time.Time{}); err == nil || errors.Is(err, store.ErrExists) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("no write succeeds")
			}
		}
		for {
			select {
			case got := <-told:
				if got == key {
					return
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("%s is not told", key)
			}
		}
	}
	hears("before")
	l.SQL(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '` + pgtest.User + `'`)
	hears("terminated")
	l.Kill()
	l.Boot()
	hears("killed")
}

// The first host is silent, as a machine that was switched off is.
func TestAHostThatIsSilentDoesNotTakeTheTimeOfTheNext(t *testing.T) {
	l := newLab(t)
	dead := netfault.Listen(t, l.Addr())
	dead.Freeze(true)
	alive := netfault.Listen(t, l.Addr())
	s := run(t, config(fmt.Sprintf("postgres://%s@%s,%s/postgres?sslmode=disable", pgtest.User, dead.Addr(), alive.Addr()), ""))
	create(t, s, "a")
	alive.Cut()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if _, err := s.Get(t.Context(), "a"); err == nil {
			break
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// A node that is cut off in the middle of a write does not hold up the others
// for longer than it takes them to give up once or twice.
func TestANodeThatIsCutOffHoldsNobodyUpForLong(t *testing.T) {
	l := newLab(t)
	gone, other := l.open(t, "shared"), l.open(t, "shared")
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for n := range 16 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				_, _ = gone.Create(ctx, fmt.Sprintf("gone/%d/%d", n, i), make([]byte, 20_000), time.Time{})
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	l.proxies[gone].Freeze(true)
	deadline := time.Now().Add(30 * time.Second)
	for {
		_, err := other.Create(t.Context(), "other", nil, time.Time{})
		if err == nil || errors.Is(err, store.ErrExists) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	cancel()
	wg.Wait()
}

// A commit that waits for a standby and is cancelled is answered as done, with
// a warning. It would be lost with the server.
func TestACommitThatNoStandbyHasConfirmedIsUnknown(t *testing.T) {
	l := newLab(t)
	c := config(l.URL(), "shared")
	c.Failover = pgstore.Asynchronous
	s := run(t, c)
	if _, err := s.Create(t.Context(), "before", nil, time.Time{}); err != nil {
		t.Fatal(err)
	}
	l.SQL(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`)
	l.SQL(`SELECT pg_reload_conf()`)
	answered := make(chan error, 1)
	write := func(n int) {
		_, err := s.Create(t.Context(), fmt.Sprintf("a/%d", n), nil, time.Time{})
		answered <- err
	}
	go write(0)
	for n, cancelled := 1, ""; cancelled == ""; n++ {
		select {
		case err := <-answered: // the server has not read its settings yet
			if err != nil {
				t.Fatal(err)
			}
			go write(n)
		case <-time.After(5 * time.Millisecond):
		}
		cancelled = l.SQL(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = '` + pgtest.User + `'`)
	}
	if err := <-answered; err == nil || errors.Is(err, store.ErrExists) {
		t.Errorf("%v, want one that says that the outcome is unknown", err)
	} else {
		t.Log(err)
	}
}
