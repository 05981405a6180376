package server

import (
	"container/list"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// connections is a listener that never has more than max connections open. A
// full one closes the connection that has waited longest without sending a
// request: first one that never sent any, then one between two requests. So
// ten thousand clients that say nothing (slowloris) push each other out, and
// one that has something to say is heard. Connections with a request in
// flight are never closed; when all have one, accepting waits.
type connections struct {
	net.Listener
	max int

	mu          sync.Mutex // guards all below; held for a few instructions only
	room        sync.Cond  // signalled when a connection ends, or the listener
	open        map[*conn]struct{}
	fresh, idle *list.List // of *conn, oldest first
	evicted     uint64
	closed      bool
}

func limit(l net.Listener, most int) *connections {
	c := &connections{Listener: l, max: most, open: map[*conn]struct{}{}, fresh: list.New(), idle: list.New()}
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
	tcp, ok := accepted.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(errors.New("server: not a TCP connection"), accepted.Close())
	}
	return c.admit(tcp)
}

func (c *connections) admit(tcp *net.TCPConn) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) >= c.max && !c.closed {
		if !c.evict() {
			c.room.Wait()
		}
	}
	if c.closed {
		return nil, errors.Join(net.ErrClosed, tcp.Close())
	}
	admitted := newConn(tcp, c)
	c.open[admitted] = struct{}{}
	return admitted, nil
}

func (c *connections) makeRoom() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict()
}

// evict closes the connection that deserves it most, and reports whether there
// was one. The lock is held.
func (c *connections) evict() bool {
	for _, waiting := range []*list.List{c.fresh, c.idle} {
		if first := waiting.Front(); first != nil {
			oldest, _ := first.Value.(*conn)
			c.remove(oldest)
			_ = oldest.TCPConn.Close()
			c.evicted++
			return true
		}
	}
	return false
}

// changed is the server's ConnState hook.
func (c *connections) changed(nc net.Conn, state http.ConnState) {
	cn, ok := nc.(*conn)
	if !ok {
		return
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
	cn.in, cn.waiting = in, in.PushBack(cn)
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
		_ = cn.TCPConn.Close()
	}
}

func (c *connections) stats() (open int, evicted uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open), c.evicted
}
