package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/pgstore"
	"github.com/edgeward/edgeward/store/pgstore/pgtest"
	"github.com/edgeward/edgeward/store/storetest"
)

// The primary is killed among writes, and a standby that has them takes over:
// what the nodes see before and after is one history.
func TestASynchronousStandbyTakesOverWithAllThatWasAcknowledged(t *testing.T) {
	primary := pgtest.Start(t)
	standby := primary.Standby()
	c := config(fmt.Sprintf("postgres://%s@%s,%s/postgres", pgtest.User, standby.Addr(), primary.Addr()), "")
	c.Failover = pgstore.Synchronous
	nodes := []store.Backend{run(t, c), run(t, c)}
	refused(t, failover(config(standby.URL(), ""), pgstore.Synchronous), pgstore.ErrStandby, "standby")
	before := create(t, nodes[0], "before")
	watches := make(chan error, 1)
	synced := make(chan struct{})
	go func() {
		watches <- nodes[0].(store.Watcher).Watch(t.Context(), "", func(store.Event) error { return nil }, func() error { close(synced); return nil })
	}()
	<-synced
	h := storetest.NewHistory("h/")
	var wg sync.WaitGroup
	wg.Go(func() { h.Run(t.Context(), nodes, 8, 200) })
	time.Sleep(100*time.Millisecond + rand.N(200*time.Millisecond))
	primary.Kill()
	standby.Promote()
	wg.Wait()
	if err := <-watches; err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("the watch ended with %v", err)
	} else {
		t.Log(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		after, err := nodes[1].Create(t.Context(), "after", nil, time.Time{})
		if err == nil {
			if after < before+1<<32 {
				t.Errorf("version %d after the fail-over, %d before it: one that was lost could be given again", after, before)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	h.Run(t.Context(), nodes, 8, 40)
	h.Check(t)
	all, unknown := h.Counted()
	t.Logf("%d operations, %d with an unknown outcome", all, unknown)
}

func failover(c pgstore.Config, f pgstore.Failover) pgstore.Config {
	c.Failover = f
	return c
}
