package server

import (
	"container/list"
	"errors"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"time"
)

// A conn is a connection that tells its listener when it ends, and moves its
// timers no more often than it has to. Below TLS it is what TLS reads from.
type conn struct {
	net.Conn
	tcp   *net.TCPConn // the same, nil on a Unix socket: for its ReadFrom and WriteTo
	owner *connections

	// Guarded by the owner.
	waiting *list.Element // its place in one of the lists, or nil
	in      *list.List
	since   time.Time // when it came there
	gone    bool      // the owner has forgotten it

	reading, writing deadline
	head             head
	intro            introduction
	shake            handshake
}

// A handshake is what is known of one that may not come to its end.
type handshake struct {
	of     bool        // there is one: the listener speaks TLS
	heard  atomic.Bool // something arrived
	failed atomic.Int32
}

func newConn(accepted net.Conn, owner *connections) *conn {
	tcp, _ := accepted.(*net.TCPConn)
	return &conn{
		Conn: accepted, tcp: tcp, owner: owner,
		reading: deadline{arm: accepted.SetReadDeadline}, writing: deadline{arm: accepted.SetWriteDeadline},
	}
}

// Read implements [net.Conn].
func (cn *conn) Read(p []byte) (int, error) {
	if err := cn.introduced(); err != nil {
		return 0, err
	}
	n := copy(p, cn.intro.rest)
	cn.intro.rest = cn.intro.rest[n:]
	var err error
	if n == 0 {
		n, err = cn.receive(p)
	}
	if n > 0 && cn.shake.of {
		cn.shake.heard.Store(true)
	} else {
		cn.head.see(p[:n])
	}
	return n, err
}

// receive reads what the peer sends.
func (cn *conn) receive(p []byte) (int, error) {
	if err := cn.reading.begin(); err != nil {
		return 0, err
	}
	defer cn.reading.end()
	return cn.Conn.Read(p)
}

// WriteTo implements [io.WriterTo].
func (cn *conn) WriteTo(w io.Writer) (int64, error) {
	if cn.tcp == nil || len(cn.intro.rest) > 0 {
		return io.Copy(w, struct{ io.Reader }{cn})
	}
	if err := cn.introduced(); err != nil {
		return 0, err
	}
	if err := cn.reading.begin(); err != nil {
		return 0, err
	}
	defer cn.reading.end()
	return cn.tcp.WriteTo(w)
}

// Write implements [net.Conn].
func (cn *conn) Write(p []byte) (int, error) {
	if err := cn.writing.begin(); err != nil {
		return 0, err
	}
	defer cn.writing.end()
	if cn.shake.of {
		if cn.head.over.Load() { // a request is under way
			// Others may have an answer ready for the same connection, of another stream:
			// then one record takes all that follows, and one write.
			runtime.Gosched()
		}
	} else if other := cn.head.refusal(p); len(other) != len(p) {
		_, err := cn.Conn.Write(other)
		return len(p), err
	}
	return cn.Conn.Write(p)
}

// ReadFrom implements [io.ReaderFrom].
func (cn *conn) ReadFrom(r io.Reader) (int64, error) {
	if cn.tcp == nil {
		return io.Copy(struct{ io.Writer }{cn}, r)
	}
	if err := cn.writing.begin(); err != nil {
		return 0, err
	}
	defer cn.writing.end()
	return cn.tcp.ReadFrom(r)
}

// CloseWrite says that nothing more will be written.
func (cn *conn) CloseWrite() error {
	if half, ok := cn.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// SetReadDeadline implements [net.Conn].
func (cn *conn) SetReadDeadline(t time.Time) error { return cn.reading.set(t) }

// SetWriteDeadline implements [net.Conn].
func (cn *conn) SetWriteDeadline(t time.Time) error { return cn.writing.set(t) }

// SetDeadline implements [net.Conn].
func (cn *conn) SetDeadline(t time.Time) error {
	return errors.Join(cn.reading.set(t), cn.writing.set(t))
}

// Close implements [net.Conn].
func (cn *conn) Close() error {
	cn.owner.mu.Lock()
	cn.owner.remove(cn)
	cn.owner.mu.Unlock()
	return cn.Conn.Close()
}
