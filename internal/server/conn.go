package server

import (
	"container/list"
	"errors"
	"io"
	"net"
	"time"
)

// A conn is a connection that tells its listener when it ends, and moves its
// timers no more often than it has to.
type conn struct {
	*net.TCPConn // not net.Conn: so io.Copy still finds ReadFrom and WriteTo
	owner        *connections

	// Guarded by the owner.
	waiting *list.Element // its place in one of the lists, or nil
	in      *list.List
	since   time.Time // when it came there
	gone    bool      // the owner has forgotten it

	reading, writing deadline
	head             head
}

func newConn(tcp *net.TCPConn, owner *connections) *conn {
	return &conn{
		TCPConn: tcp, owner: owner,
		reading: deadline{arm: tcp.SetReadDeadline}, writing: deadline{arm: tcp.SetWriteDeadline},
	}
}

// Read implements [net.Conn].
func (cn *conn) Read(p []byte) (int, error) {
	if err := cn.reading.begin(); err != nil {
		return 0, err
	}
	defer cn.reading.end()
	n, err := cn.TCPConn.Read(p)
	cn.head.see(p[:n])
	return n, err
}

// WriteTo implements [io.WriterTo].
func (cn *conn) WriteTo(w io.Writer) (int64, error) {
	if err := cn.reading.begin(); err != nil {
		return 0, err
	}
	defer cn.reading.end()
	return cn.TCPConn.WriteTo(w)
}

// Write implements [net.Conn].
func (cn *conn) Write(p []byte) (int, error) {
	if err := cn.writing.begin(); err != nil {
		return 0, err
	}
	defer cn.writing.end()
	if other := cn.head.refusal(p); len(other) != len(p) {
		_, err := cn.TCPConn.Write(other)
		return len(p), err
	}
	return cn.TCPConn.Write(p)
}

// ReadFrom implements [io.ReaderFrom].
func (cn *conn) ReadFrom(r io.Reader) (int64, error) {
	if err := cn.writing.begin(); err != nil {
		return 0, err
	}
	defer cn.writing.end()
	return cn.TCPConn.ReadFrom(r)
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
	return cn.TCPConn.Close()
}
