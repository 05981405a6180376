package server

import (
	"container/list"
	"net"
	"sync"
	"time"
)

// deadlineSlack is how much sooner than it was asked for a write deadline may
// come. Nobody who waits for a client asks for less than seconds.
const deadlineSlack = time.Second

// A conn is a connection that tells its listener when it ends.
type conn struct {
	*net.TCPConn // not net.Conn: so io.Copy still finds ReadFrom
	owner        *connections
	waiting      *list.Element // its place in one of the lists, or nil
	in           *list.List

	mu    sync.Mutex // guards write
	write time.Time  // the write deadline that is in force; zero: none
}

// SetWriteDeadline implements [net.Conn]. Every answer of our own asks for one
// (door.Bound), and a timer that is moved costs about as much as the decision:
// one that is still ahead, and at most a second sooner than the one that is
// asked for, stays. So it never comes later than was asked for.
func (cn *conn) SetWriteDeadline(t time.Time) error {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	if sooner := t.Sub(cn.write); !cn.write.IsZero() && 0 <= sooner && sooner <= deadlineSlack && time.Until(cn.write) > deadlineSlack {
		return nil
	}
	cn.write = t
	return cn.TCPConn.SetWriteDeadline(t)
}

// SetDeadline implements [net.Conn].
func (cn *conn) SetDeadline(t time.Time) error {
	cn.mu.Lock()
	defer cn.mu.Unlock()
	cn.write = t
	return cn.TCPConn.SetDeadline(t)
}

// Close implements [net.Conn].
func (cn *conn) Close() error {
	cn.owner.mu.Lock()
	cn.owner.remove(cn)
	cn.owner.mu.Unlock()
	return cn.TCPConn.Close()
}
