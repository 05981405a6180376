package server

import (
	"container/list"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// Bounds of a full listener.
const (
	// patience is how long a connection may take for its first request before it
	// counts among those that wait. A newcomer that is closed sooner has had no
	// chance: where clients keep their connections, all of a full listener are
	// between two requests, and it is these that make room.
	patience = 5 * time.Second
	// crowdedIdle replaces idleTimeout where less than a quarter of the room is
	// left, so that newcomers find some.
	crowdedIdle = 10 * time.Second
)

// connections is a listener that never has more than max connections open. A
// full one closes the connection that has waited longest for a request of its
// client: between two requests (RFC 9112 §9.5), or since it was opened and for
// longer than patience. Only where there is none, the oldest that has sent no
// request makes room. So clients that hold connections push out their own, ten
// thousand that say nothing (slowloris) push each other out, and one that has
// something to say is heard. Connections with a request in flight are never
// closed; when all have one, accepting waits.
type connections struct {
	net.Listener
	max int
	now func() time.Time

	mu          sync.Mutex // guards all below; held for a few instructions only
	room        sync.Cond  // signalled when a connection ends, or the listener
	open        map[*conn]struct{}
	fresh, idle *list.List // of *conn, the one that has waited longest first
	evicted     uint64
	closed      bool

	introduce *clientip.Trusted // the peers that send a PROXY header; nil: none
	secure    bool              // what is spoken is TLS
	refused   [failures]atomic.Uint64
}

func limit(l net.Listener, most int) *connections {
	c := &connections{Listener: l, max: most, now: time.Now, open: map[*conn]struct{}{}, fresh: list.New(), idle: list.New()}
	c.room.L = &c.mu
	return c
}

// Accept implements [net.Listener].
func (c *connections) Accept() (net.Conn, error) {
	accepted, err := c.Listener.Accept()
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		c.makeRoom() // the process is full before the listener is
	}
	if err != nil {
		return nil, err
	}
	return c.admit(accepted)
}

func (c *connections) admit(accepted net.Conn) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.thin()
	for len(c.open) >= c.max && !c.closed {
		if !c.evict() {
			c.room.Wait()
		}
	}
	if c.closed {
		return nil, errors.Join(net.ErrClosed, accepted.Close())
	}
	admitted := newConn(accepted, c)
	admitted.shake.of, admitted.intro.due = c.secure, declared(c.introduce, accepted)
	c.open[admitted] = struct{}{}
	return admitted, nil
}

func (c *connections) makeRoom() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict()
}

// thin closes what has been idle for long where the listener is nearly full: two
// at most, so that its cost is that of the newcomer. The lock is held.
func (c *connections) thin() {
	for range 2 {
		longest := first(c.idle)
		if len(c.open) < c.max-c.max/4 || longest == nil || c.now().Sub(longest.since) < crowdedIdle {
			return
		}
		c.drop(longest)
	}
}

// evict closes the connection that deserves it most, and reports whether there
// was one. The lock is held.
func (c *connections) evict() bool {
	if cn := c.longest(); cn != nil {
		c.drop(cn)
		return true
	}
	return false
}

// longest returns the connection that makes room, nil when all have a request in
// flight. The lock is held.
func (c *connections) longest() *conn {
	idle, fresh := first(c.idle), first(c.fresh)
	switch {
	case idle == nil:
		return fresh
	case fresh != nil && c.now().Sub(fresh.since) >= patience && fresh.since.Before(idle.since):
		return fresh
	}
	return idle
}

func first(l *list.List) *conn {
	if l.Front() == nil {
		return nil
	}
	cn, _ := l.Front().Value.(*conn)
	return cn
}

// drop closes cn to make room. The lock is held.
func (c *connections) drop(cn *conn) {
	c.remove(cn)
	_ = cn.Conn.Close()
	c.evicted++
}

// changed is the server's ConnState hook.
func (c *connections) changed(nc net.Conn, state http.ConnState) {
	cn, ok := beneath(nc)
	if !ok {
		return
	}
	switch state {
	case http.StateClosed:
		c.note(nc, cn)
	case http.StateIdle:
		cn.head.begin()
	case http.StateActive:
		cn.head.over.Store(true)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cn.gone {
		return
	}
	switch state {
	case http.StateNew:
		c.wait(cn, c.fresh)
	case http.StateIdle:
		c.wait(cn, c.idle)
	default: // a hijacked connection stays open, and counts, until it is closed
		c.stopWaiting(cn)
	}
}

func (c *connections) wait(cn *conn, in *list.List) {
	c.stopWaiting(cn)
	cn.in, cn.waiting, cn.since = in, in.PushBack(cn), c.now()
}

func (c *connections) stopWaiting(cn *conn) {
	if cn.waiting != nil {
		cn.in.Remove(cn.waiting)
		cn.in, cn.waiting = nil, nil
	}
}

// remove forgets cn. The lock is held.
func (c *connections) remove(cn *conn) {
	c.stopWaiting(cn)
	cn.gone = true
	delete(c.open, cn)
	c.room.Signal()
}

// Close implements [net.Listener].
func (c *connections) Close() error {
	c.mu.Lock()
	c.closed = true
	c.room.Broadcast()
	c.mu.Unlock()
	return c.Listener.Close()
}

func (c *connections) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for cn := range c.open {
		c.remove(cn)
		_ = cn.Conn.Close()
	}
}

func (c *connections) stats() (open int, evicted uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open), c.evicted
}
