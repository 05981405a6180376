package door

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward"
)

const (
	// sweepInterval is how often each open exchange is asked about.
	sweepInterval = time.Second
	// openInterval is how often an exchange that goes on counts as a use.
	openInterval = 15 * time.Second
	// leeway is what an exchange gets that began when its credential had just
	// expired: a token is good for somewhat longer on clocks that differ.
	leeway = 30 * time.Second
)

// Exchanges are those that are open, by whom. A decision is made once, when an
// exchange begins; a WebSocket, an event stream or a long download goes on for
// hours. Exchanges ends each that outlives its identity: at most two seconds
// after this node knows that it was revoked, has expired, or was read from an account
// that has lost something since.
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
	// Superseded reports whether the account that an identity was read from has lost
	// something since: the exchange ends, and is decided anew when the client begins
	// another. It is asked from memory: under a lock. Nil supersedes nothing.
	Superseded func(id *edgeward.Identity) bool
	// Open is called now and then with the identity of each exchange that goes on, under a
	// lock: it waits for nothing. Nil is not called.
	Open func(id *edgeward.Identity)

	shards                    [16]shard
	revoked, expired, changed atomic.Uint64
}

// Stats is what there is of exchanges.
type Stats struct {
	Open                      int    // now
	Revoked, Expired, Changed uint64 // ended so far, by what became of their identity
}

// Stats counts. It walks over what is open, as every sweep does.
func (x *Exchanges) Stats() Stats {
	if x == nil {
		return Stats{}
	}
	stats := Stats{Revoked: x.revoked.Load(), Expired: x.expired.Load(), Changed: x.changed.Load()}
	for i := range x.shards {
		s := &x.shards[i]
		s.mu.Lock()
		for e := s.first; e != nil; e = e.next {
			stats.Open++
		}
		s.mu.Unlock()
	}
	return stats
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
			if count := x.outlived(e, now); count != nil {
				go e.finish(count)
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

// outlived returns, under the lock of its shard, what counts e if it is open
// although its identity proves nothing any more, and else nil.
func (x *Exchanges) outlived(e *Exchange, now time.Time) *atomic.Uint64 {
	if !e.seen {
		e.seen, e.until = true, e.identity.Expires
		if !e.until.IsZero() && now.After(e.until) {
			e.until = now.Add(leeway)
		}
	}
	switch {
	case !e.until.IsZero() && now.After(e.until):
		return &x.expired
	case x.Alive != nil && errors.Is(x.Alive(e.identity), edgeward.CredentialRevoked):
		return &x.revoked
	case x.Superseded != nil && x.Superseded(e.identity):
		return &x.changed
	}
	if x.Open != nil && e.identity.AsOf != 0 && now.Sub(e.noted) >= openInterval {
		e.noted = now
		x.Open(e.identity)
	}
	return nil
}
