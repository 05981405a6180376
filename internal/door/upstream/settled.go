package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"sync"
)

// A settling is a connection of [http.Transport], which reads from one that is kept
// all the time, to see that it ends. What a server sends beyond its answer, it has
// buffered by then, and finds a moment after the connection was given to the next
// request: for that one it would be the answer. So a connection is not used again
// before it is read from again, or closed.
type settling struct {
	net.Conn

	mu      sync.Mutex // guards what follows
	reading bool
	closed  bool
	changed sync.Cond // of both
}

// settlingAll wraps what dial connects.
func settlingAll(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		s := &settling{Conn: conn}
		s.changed.L = &s.mu
		return s, nil
	}
}

// settle waits until all that came by a connection which is used again has been
// looked at: what is more than the answers that were asked for has ended it. A
// connection in HTTP/2 is for many at once, and knows whose an answer is.
func settle(info httptrace.GotConnInfo) {
	conn := info.Conn
	if over, ok := conn.(*tls.Conn); ok {
		if over.ConnectionState().NegotiatedProtocol == "h2" {
			return
		}
		conn = over.NetConn()
	}
	if s, ok := conn.(*settling); ok && info.Reused {
		s.wait()
	}
}

// settled returns ctx for a request before which its connection settles. The trace
// is that request's own: httptrace writes the hooks of ctx into it.
func settled(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: settle})
}

func (s *settling) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.reading && !s.closed {
		s.changed.Wait()
	}
}

func (s *settling) set(what *bool, to bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*what = to
	s.changed.Broadcast()
}

// Read implements [net.Conn].
func (s *settling) Read(p []byte) (int, error) {
	s.set(&s.reading, true)
	defer s.set(&s.reading, false)
	return s.Conn.Read(p)
}

// Close implements [net.Conn].
func (s *settling) Close() error {
	s.set(&s.closed, true)
	return s.Conn.Close()
}

// CloseWrite says that nothing more will be written.
func (s *settling) CloseWrite() error {
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
