package proxy

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/internal/problem"
)

// bodyIdle bounds the wait for the next bytes of a body. A client that sends
// one byte an hour would hold a connection here and one at the upstream.
const bodyIdle = time.Minute

// A body is what the client sends. It remembers why it could not be read. The
// transport reads it in a goroutine of its own.
type body struct {
	io.ReadCloser
	client  *http.ResponseController
	failure atomic.Pointer[problem.Fault]
}

func (b *body) Read(p []byte) (int, error) {
	_ = b.client.SetReadDeadline(time.Now().Add(bodyIdle))
	n, err := b.ReadCloser.Read(p)
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
