package proxy

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/edgeward/edgeward/internal/problem"
)

// A body is what the client sends. It remembers why it could not be read. The
// transport reads it in a goroutine of its own.
type body struct {
	io.ReadCloser
	failure atomic.Pointer[problem.Fault]
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && !errors.Is(err, http.ErrBodyReadAfterClose) {
		b.failure.CompareAndSwap(nil, new(faultOf(err)))
	}
	return n, err
}

// fault returns what to answer because of the body, or nil.
func (b *body) fault() *problem.Fault {
	if b == nil {
		return nil
	}
	return b.failure.Load()
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
