package doorstest

import (
	"net"
	"net/http"
	"net/netip"
	"testing"
)

// Pipe serves h to one client, the declared proxy [Nearer], until the test ends.
// The connection has no buffers: what one side does not read, the other cannot
// write. In a bubble of testing/synctest its time-outs pass at once, and a
// connection that is held for ever is a deadlock.
func Pipe(t testing.TB, h http.Handler) (client net.Conn) {
	t.Helper()
	client, served := net.Pipe()
	l := &listener{served: make(chan net.Conn, 1), addr: served.LocalAddr()}
	l.served <- peer{served}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = client.Close(); _ = server.Close() })
	return client
}

// A listener has one connection to accept.
type listener struct {
	served chan net.Conn
	addr   net.Addr
}

func (l *listener) Accept() (net.Conn, error) {
	if conn, open := <-l.served; open {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l *listener) Close() error {
	close(l.served)
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }

// A peer is a connection whose client has an address.
type peer struct{ net.Conn }

func (peer) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.AddrPortFrom(Nearer, 4711)) }
