package proxy

import (
	"errors"
	"io"
	"net"
	"net/http"
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
// transport reads it in a goroutine of its own.
type body struct {
	io.ReadCloser
	client   *http.ResponseController
	received int64
	waited   time.Duration // for the client; a slow upstream does not count
	failure  atomic.Pointer[problem.Fault]
}

// bodyOf returns the body in. From now on it does not keep the server waiting,
// even if the upstream answers without reading it.
func bodyOf(in io.ReadCloser, client *http.ResponseController) *body {
	b := &body{ReadCloser: in, client: client}
	_ = client.SetReadDeadline(time.Now().Add(b.patience()))
	return b
}

func (b *body) Read(p []byte) (int, error) {
	start := time.Now()
	_ = b.client.SetReadDeadline(start.Add(b.patience()))
	n, err := b.ReadCloser.Read(p)
	b.received += int64(n)
	b.waited += time.Since(start)
	if err == io.EOF {
		// The server reads on, to see whether the client leaves: a deadline left
		// behind would cut off an answer that takes longer. After a failure it
		// stays, or the server would wait for the rest of the body.
		_ = b.client.SetReadDeadline(time.Time{})
	}
	if err != nil && err != io.EOF && !errors.Is(err, http.ErrBodyReadAfterClose) {
		b.failure.CompareAndSwap(nil, new(faultOf(err)))
	}
	return n, err
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
