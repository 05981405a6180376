// Package netfault is a network that goes wrong on demand: a proxy for TCP
// between a store and its server.
package netfault

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// A Proxy passes connections on to a server, until it is told otherwise. It
// is safe for concurrent use.
type Proxy struct {
	listener net.Listener
	target   string

	mu      sync.Mutex
	changed chan struct{} // closed when a field below changes
	pairs   map[*pair]struct{}
	frozen  bool
	refuse  bool
	delay   time.Duration
}

// A pair is one connection on both sides of the proxy.
type pair struct{ client, server net.Conn }

// Listen returns a proxy to target on a port of the loopback interface. It ends
// with the test.
func Listen(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, target: target, changed: make(chan struct{}), pairs: map[*pair]struct{}{}}
	go p.accept()
	t.Cleanup(func() { _ = l.Close(); p.Cut() })
	return p
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut closes all connections on both sides. New ones are passed on.
func (p *Proxy) Cut() {
	for _, one := range p.all() {
		p.end(one)
	}
}

// Abandon closes all connections on the client's side only: the server goes on
// with what it was told, and the client's next connection stands beside the old
// one, as after a switch or an address translation has forgotten it.
func (p *Proxy) Abandon() {
	for _, one := range p.all() {
		_ = one.client.Close()
	}
}

// CutOne closes one connection, any.
func (p *Proxy) CutOne() {
	if all := p.all(); len(all) > 0 {
		p.end(all[rand.IntN(len(all))])
	}
}

// Freeze passes nothing on, in neither direction, and closes nothing: both
// sides hear silence. Connections that are made meanwhile hear it too.
func (p *Proxy) Freeze(on bool) { p.change(func() { p.frozen = on }) }

// Refuse closes new connections at once.
func (p *Proxy) Refuse(on bool) { p.change(func() { p.refuse = on }) }

// Delay lets what is passed on take up to d longer, in each direction.
func (p *Proxy) Delay(d time.Duration) { p.change(func() { p.delay = d }) }

func (p *Proxy) change(set func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set()
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *Proxy) all() (all []*pair) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for one := range p.pairs {
		all = append(all, one)
	}
	return all
}

func (p *Proxy) end(one *pair) {
	_ = one.client.Close()
	_ = one.server.Close()
	p.change(func() { delete(p.pairs, one) })
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.serve(client)
	}
}

func (p *Proxy) serve(client net.Conn) {
	p.mu.Lock()
	refuse := p.refuse
	p.mu.Unlock()
	if refuse {
		_ = client.Close()
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	one := &pair{client, server}
	p.change(func() { p.pairs[one] = struct{}{} })
	go p.pass(one, client, server, true)
	p.pass(one, server, client, false)
}

// pass copies one direction. What a client has sent before it was abandoned
// still reaches the server.
func (p *Proxy) pass(one *pair, from, to net.Conn, up bool) {
	defer func() {
		if _, open := p.open(one); open && up {
			time.Sleep(100 * time.Millisecond) // the server may be doing what it was told last
		}
		p.end(one)
	}()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !p.wait(one) {
			return
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil && up {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *Proxy) open(one *pair) (changed <-chan struct{}, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, open = p.pairs[one]
	return p.changed, open
}

// wait holds back what is to be passed on. It returns false when the
// connection has ended meanwhile.
func (p *Proxy) wait(one *pair) bool {
	p.mu.Lock()
	delay := p.delay
	p.mu.Unlock()
	if delay > 0 {
		time.Sleep(rand.N(delay))
	}
	for {
		p.mu.Lock()
		_, open := p.pairs[one]
		frozen, changed := p.frozen, p.changed
		p.mu.Unlock()
		if !open || !frozen {
			return open
		}
		<-changed
	}
}
