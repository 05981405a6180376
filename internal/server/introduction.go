package server

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/server/proxyheader"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// introductionTimeout bounds how long a declared peer may take for its PROXY
// header: it is the first thing that it has to say.
const introductionTimeout = 5 * time.Second

// errIntroduction says that a declared peer sent no PROXY header, or none that can
// be read. Whose connection it is, nothing tells.
var errIntroduction = errors.New("server: a declared peer began without a PROXY header that can be read")

// An introduction is the PROXY header of a declared peer, who speaks for somebody
// else. It is read once, by the first who asks.
type introduction struct {
	due  bool // the peer is declared
	once sync.Once
	err  error
	from net.Addr // who is there; nil: the peer itself, which is not declared
	rest []byte   // what came with the header
}

// introduced reads the header, where one is due.
func (cn *conn) introduced() error {
	if !cn.intro.due {
		return nil
	}
	cn.intro.once.Do(func() {
		_ = cn.reading.set(time.Now().Add(introductionTimeout))
		header, rest, err := proxyheader.Read(cn.receive)
		_ = cn.reading.set(time.Time{})
		if err != nil {
			cn.intro.err = errors.Join(errIntroduction, err)
			cn.owner.refused[introductionFailed].Add(1)
			return
		}
		cn.intro.rest = rest
		if cn.intro.from = unknown; !header.Local {
			cn.intro.from = net.TCPAddrFromAddrPort(header.Source)
		}
	})
	return cn.intro.err
}

// RemoteAddr implements [net.Conn]: it is the client that a declared peer names.
func (cn *conn) RemoteAddr() net.Addr {
	if cn.introduced() == nil && cn.intro.from != nil {
		return cn.intro.from
	}
	return cn.Conn.RemoteAddr()
}

// unnamed is the address of a client that a declared peer does not name: the
// peer's own would stand for all clients behind it.
type unnamed struct{}

// Network implements [net.Addr].
func (unnamed) Network() string { return "tcp" }

// String implements [net.Addr].
func (unnamed) String() string { return door.UnknownPeer }

var unknown net.Addr = unnamed{}

// declared reports whether the peer of an accepted connection speaks for others.
func declared(by *clientip.Trusted, accepted net.Conn) bool {
	if by == nil {
		return false
	}
	if _, local := accepted.LocalAddr().(*net.UnixAddr); local {
		return by.Contains(clientip.Unix)
	}
	peer, err := netip.ParseAddrPort(accepted.RemoteAddr().String())
	return err == nil && by.Contains(peer.Addr())
}
