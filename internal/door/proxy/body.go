package proxy

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/internal/wire/problem"
)

// A client that sends one byte an hour, or one a minute, would hold a
// connection here and one at the upstream.
const (
	bodyIdle  = time.Minute // bounds the wait for the next bytes of a body
	bodyGrace = time.Minute // of waiting in all is free
	bodyRate  = 240         // bytes a second earn more, as with IIS and Kestrel
)

// A body is what the client sends. It remembers why it could not be read. The
// transport reads it in a goroutine of its own, which may go on after the answer is
// over, when the client's connection is for other requests and net/http panics if it
// is asked for a deadline.
type body struct {
	io.ReadCloser
	client   timer
	most     int64 // bytes; 0: no bound
	received int64
	waited   time.Duration // for the client; a slow upstream does not count
	failure  atomic.Pointer[problem.Fault]
	resting  atomic.Bool // it need not come at any rate
	held     atomic.Bool // it is not to be closed
}

// bodyOf returns the body in, of at most most bytes unless that is 0. From now on it does not keep the server waiting,
// even if the upstream answers without reading it.
func bodyOf(in io.ReadCloser, client *http.ResponseController, most int64) *body {
	b := &body{ReadCloser: in, client: timer{client: client}, most: most}
	b.client.set(time.Now().Add(b.patience()))
	return b
}

func (b *body) Read(p []byte) (int, error) {
	start := time.Now()
	if !b.client.set(start.Add(b.patience())) {
		return 0, http.ErrBodyReadAfterClose
	}
	if b.resting.Load() {
		b.client.set(time.Time{})
	}
	n, err := b.read(p)
	b.received += int64(n)
	b.waited += time.Since(start)
	if err == io.EOF {
		// The server reads on, to see whether the client leaves: a deadline left
		// behind would cut off an answer that takes longer. After a failure it
		// stays, or the server would wait for the rest of the body.
		b.client.set(time.Time{})
	}
	if err != nil && err != io.EOF && !errors.Is(err, http.ErrBodyReadAfterClose) {
		b.failure.CompareAndSwap(nil, new(faultOf(err)))
	}
	return n, err
}

// over is called when the exchange is. Nothing is read any more.
func (b *body) over() {
	if b != nil {
		b.client.stop()
	}
}

// read reads no more than one byte beyond the bound, and hands none on that is.
func (b *body) read(p []byte) (int, error) {
	if b.most == 0 {
		return b.ReadCloser.Read(p)
	}
	left := b.most - b.received
	if int64(len(p)) > left+1 {
		p = p[:left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) > left {
		return int(left), &http.MaxBytesError{Limit: b.most}
	}
	return n, err
}

// A timer sets the deadline of reading from a client, until it is stopped.
type timer struct {
	mu     sync.Mutex // guards client, until the deadline is set
	client *http.ResponseController
}

// set reports false when t was stopped.
func (t *timer) set(deadline time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.client == nil {
		return false
	}
	_ = t.client.SetReadDeadline(deadline)
	return true
}

func (t *timer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.client = nil
}

// stream lets the body rest from now on: the answer has begun, and both sides may
// send when they have something to say, as gRPC's streams do. It is for
// HTTP/2, where that holds one of a connection's few streams; in HTTP/1.1 it would
// be a connection.
func (b *body) stream() {
	b.resting.Store(true)
	b.client.set(time.Time{})
}

// Hold implements [upstream.Body].
func (b *body) Hold(held bool) { b.held.Store(held) }

// Broken implements [upstream.Body].
func (b *body) Broken() bool { return b.fault() != "" }

// Close implements [io.Closer]. The server closes what was held.
func (b *body) Close() error {
	if b.held.Load() {
		return nil
	}
	return b.ReadCloser.Close()
}

// patience is how long to wait for the next bytes.
func (b *body) patience() time.Duration {
	earned := time.Duration(b.received/bodyRate) * time.Second
	return min(bodyIdle, bodyGrace+earned-b.waited)
}

// fault returns what to answer because of the body, or "".
func (b *body) fault() problem.Fault {
	if b == nil {
		return ""
	}
	if fault := b.failure.Load(); fault != nil {
		return *fault
	}
	return ""
}

func faultOf(err error) problem.Fault {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem.BodyTooLarge
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return problem.RequestTimeout
	}
	return problem.BodyBroken
}
