package door

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
)

const (
	// sweepInterval is how often each open exchange is asked about.
	sweepInterval = time.Second
	// leeway is what an exchange gets that began when its credential had just
	// expired: a token is good for somewhat longer on clocks that differ.
	leeway = 30 * time.Second
)

// Exchanges are those that are open, by whom. A decision is made once, when an
// exchange begins; a WebSocket, an event stream or a long download goes on for
// hours. Exchanges ends each that outlives its identity: at most two seconds
// after this node knows that it was revoked, or has expired.
//
// An exchange costs two short locks and no goroutine. One Exchanges is shared by
// the doors of successive configurations, so that a reload forgets none. It is
// safe for concurrent use; nothing ends unless [Exchanges.Run] runs.
type Exchanges struct {
	// Alive returns an error that wraps [edgeward.CredentialRevoked] for an
	// identity that was taken back. Any other error could not tell and ends
	// nothing: what is open was allowed, and a store's trouble would cut off
	// everybody at once. It is asked from memory: under a lock.
	// Nil takes nothing back.
	Alive func(id *edgeward.Identity) error

	shards [16]shard
}

// A shard is a list of open exchanges.
type shard struct {
	mu    sync.Mutex
	first *Exchange
	_     [48]byte // a cache line of its own
}

// Run sweeps until ctx is done, and then returns nil.
func (x *Exchanges) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			x.sweep(now)
		}
	}
}

// sweep ends what outlives its identity, each by a goroutine of its own: to
// close a connection under TLS may take seconds if its client does not read.
func (x *Exchanges) sweep(now time.Time) {
	for i := range x.shards {
		s := &x.shards[i]
		s.mu.Lock()
		for e := s.first; e != nil; e = e.next {
			if e.outlives(now, x.Alive) {
				go e.finish()
			}
		}
		s.mu.Unlock()
	}
}

// begin takes note of an exchange by id, which end ends.
func (x *Exchanges) begin(id *edgeward.Identity, end func()) *Exchange {
	e := &Exchange{identity: id, end: end, shard: &x.shards[rand.IntN(len(x.shards))]}
	s := e.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.next = s.first; e.next != nil {
		e.next.previous = e
	}
	s.first = e
	return e
}

// forget takes e off the list. It may be called again.
func (s *shard) forget(e *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.previous != nil:
		e.previous.next = e.next
	case s.first == e:
		s.first = e.next
	}
	if e.next != nil {
		e.next.previous = e.previous
	}
	e.next, e.previous = nil, nil
}

// outlives reports, under the lock of its shard, whether e is open although its
// identity proves nothing any more.
func (e *Exchange) outlives(now time.Time, alive func(*edgeward.Identity) error) bool {
	if !e.seen {
		e.seen, e.until = true, e.identity.Expires
		if !e.until.IsZero() && now.After(e.until) {
			e.until = now.Add(leeway)
		}
	}
	if !e.until.IsZero() && now.After(e.until) {
		return true
	}
	return alive != nil && errors.Is(alive(e.identity), edgeward.CredentialRevoked)
}
