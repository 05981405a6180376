package server

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// A declared peer that does not begin with its header is not waited for.
func TestAnIntroductionIsNotWaitedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, ours := net.Pipe()
		defer peer.Close()
		c := limit(nil, 1)
		cn := newConn(ours, c)
		cn.intro.due = true
		go func() { _, _ = io.WriteString(peer, "PROXY TCP4 ") }()
		began := time.Now()
		if _, err := cn.Read(make([]byte, 1)); err == nil || time.Since(began) != introductionTimeout {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if c.refused[introductionFailed].Load() != 1 {
			t.Error("it was not counted")
		}
	})
}

// A peer on a Unix socket is declared by its word, and by no network.
func TestWhoIsDeclared(t *testing.T) {
	var one net.Conn = fakeConn{local: &net.UnixAddr{Name: "/s"}, remote: &net.UnixAddr{}}
	if declared(nil, one) || declared(&clientip.Trusted{}, one) || !declared((&clientip.Trusted{}).WithUnix(), one) {
		t.Error("a Unix socket")
	}
	one = fakeConn{local: &net.TCPAddr{}, remote: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}}
	if declared((&clientip.Trusted{}).WithUnix(), one) {
		t.Error("an address")
	}
}

type fakeConn struct {
	net.Conn
	local, remote net.Addr
}

func (c fakeConn) LocalAddr() net.Addr  { return c.local }
func (c fakeConn) RemoteAddr() net.Addr { return c.remote }
