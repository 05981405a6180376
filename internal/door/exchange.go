package door

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward"
)

// An Exchange is one that is open. Its methods work on nil, which is one that
// nobody ends.
type Exchange struct {
	identity       *edgeward.Identity
	shard          *shard
	next, previous *Exchange
	seen           bool      // by a sweep
	until          time.Time // from then on
	noted          time.Time // as a use, by a sweep

	mu   sync.Mutex
	end  func()   // nil once it is over
	conn net.Conn // that a handler took over, or nil
}

// ErrEnded is the [context.Cause] of an exchange that outlived its identity.
var ErrEnded = errors.New("door: the identity was revoked, has expired, or lost something")

// Hold begins an exchange of hr by id, which w answers, until the function that
// it returns is called. The context is cancelled when the exchange is ended, and
// whatever then waits for the client to send or to take something fails.
//
// Without Exchanges, and for nobody, there is nothing to end and no Exchange.
func (x *Exchanges) Hold(w http.ResponseWriter, hr *http.Request, id *edgeward.Identity) (context.Context, *Exchange, func()) {
	if x == nil || id == nil {
		return hr.Context(), nil, func() {}
	}
	ctx, cancel := context.WithCancelCause(hr.Context())
	e := x.begin(id, func() {
		cancel(ErrEnded)
		client, past := http.NewResponseController(w), time.Unix(1, 0)
		_ = client.SetReadDeadline(past)
		_ = client.SetWriteDeadline(past)
	})
	return ctx, e, func() { e.done(); cancel(nil) }
}

// Follow makes the exchange last as long as conn, which a handler took over and
// may keep when it has returned. Whoever uses what Follow returns closes that.
func (e *Exchange) Follow(conn net.Conn) net.Conn {
	if e == nil {
		return conn
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conn = conn
	return &followed{conn, e}
}

// A followed connection tells its exchange when it is closed.
type followed struct {
	net.Conn
	exchange *Exchange
}

// Close implements [net.Conn].
func (f *followed) Close() error {
	f.exchange.shard.forget(f.exchange)
	return f.Conn.Close()
}

// done says that the handler has returned. Unless it keeps the connection,
// the next request of another person may come by it, so that nothing is ended
// from now on.
func (e *Exchange) done() {
	e.mu.Lock()
	kept := e.conn != nil
	e.end = nil
	e.mu.Unlock()
	if !kept {
		e.shard.forget(e)
	}
}

// finish ends the exchange and counts that, unless it is over.
func (e *Exchange) finish(count *atomic.Uint64) {
	e.shard.forget(e)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.end == nil && e.conn == nil {
		return
	}
	count.Add(1)
	if e.end != nil {
		e.end()
		e.end = nil
	}
	if e.conn != nil {
		_ = e.conn.Close()
		e.conn = nil
	}
}
