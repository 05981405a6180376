package pgstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// What may wait in a lane.
const (
	maxWaiting = 16384
	maxBytes   = 64 << 20
)

// gathering is how long a commit waits at most for those that the one before
// has answered: they read before they write again, and would miss it.
const gathering = 2 * time.Millisecond

var errPatience = errors.New("the server did not answer in time")

// A call is what one caller waits for.
type call interface {
	begun() *pending
	size() int // in bytes that are sent
}

type pending struct {
	ctx  context.Context
	err  error         // the answer, once done is closed
	done chan struct{} // closed when the call was answered
}

func (p *pending) begun() *pending { return p }

// A lane lets callers share round trips: all that wait are sent together as
// soon as a connection is free. A command runs with a time limit of its own,
// so that a caller who gives up ends no other caller's command.
type lane[C call] struct {
	store  *Store
	send   func(context.Context, *link, []C) error // answers each call, or fails for all
	gather bool                                    // whether a batch is dear enough to wait for more calls

	mu      sync.Mutex
	free    []*link // nil for one that is to be made
	waiting []C
	bytes   int // of what waits
	closed  bool
}

// A batch is bounded, so that no lock is held for long.
const (
	batchCalls = 256
	batchBytes = 256 << 10
)

func newLane[C call](s *Store, connections int, send func(context.Context, *link, []C) error, first *link) *lane[C] {
	l := &lane[C]{store: s, send: send, free: make([]*link, connections)}
	l.free[connections-1] = first
	return l
}

// do waits for the answer to a call.
func (l *lane[C]) do(ctx context.Context, c C) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*timeout, errPatience)
	defer cancel()
	p := c.begun()
	p.ctx, p.done = ctx, make(chan struct{})
	if err := l.enter(c); err != nil {
		return err
	}
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		if cause := context.Cause(ctx); cause == errPatience {
			return fmt.Errorf("pgstore: %w", cause)
		}
		return fmt.Errorf("pgstore: %w", ctx.Err())
	case <-l.store.closed:
		return ErrClosed
	}
}

func (l *lane[C]) enter(c C) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	if len(l.waiting) >= maxWaiting || l.bytes+c.size() > maxBytes {
		return ErrBusy
	}
	l.waiting = append(l.waiting, c)
	l.bytes += c.size()
	if last := len(l.free) - 1; last >= 0 {
		link := l.free[last]
		l.free = l.free[:last]
		go l.serve(link)
	}
	return nil
}

// serve sends what waits until nothing does.
func (l *lane[C]) serve(link *link) {
	for {
		runtime.Gosched() // those answered last may be about to ask again
		batch := l.take(link)
		if batch == nil {
			return
		}
		began := time.Now()
		var err error
		if link, err = l.attempt(link, batch); err != nil {
			for _, c := range batch {
				c.begun().err = err
			}
		}
		for _, c := range batch {
			close(c.begun().done)
		}
		if l.gather && len(batch) > 1 {
			time.Sleep(min(time.Since(began)/4, gathering))
		}
	}
}

// take returns the calls to send next, or gives the connection back.
func (l *lane[C]) take(link *link) (batch []C) {
	l.mu.Lock()
	defer l.mu.Unlock()
	bytes := 0
	for len(batch) < batchCalls && len(l.waiting) > 0 {
		c := l.waiting[0]
		if bytes += c.size(); len(batch) > 0 && bytes > batchBytes {
			break
		}
		l.waiting = l.waiting[1:]
		l.bytes -= c.size()
		if p := c.begun(); p.ctx.Err() != nil {
			p.err = fmt.Errorf("pgstore: %w", p.ctx.Err())
			close(p.done)
			continue
		}
		batch = append(batch, c)
	}
	if batch != nil && !l.closed {
		return batch
	}
	l.waiting, l.bytes = nil, 0
	if !l.closed {
		l.free = append(l.free, link)
	} else if link != nil {
		go link.end()
	}
	return nil
}

// attempt sends a batch, over a new connection if there is none, and returns
// the connection if it still works.
func (l *lane[C]) attempt(link *link, batch []C) (*link, error) {
	link, err := l.store.refresh(context.Background(), link)
	if err != nil {
		return nil, unavailable(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err = l.send(ctx, link, batch)
	link.used = time.Now()
	if err == nil {
		return link, nil
	}
	if link.IsClosed() {
		return nil, unavailable(err)
	}
	return link, unavailable(err)
}

// refresh returns a connection that works. One that was idle is asked first:
// what is sent over a connection that the server has closed has an unknown
// outcome.
func (s *Store) refresh(ctx context.Context, l *link) (*link, error) {
	if l != nil && !l.IsClosed() && (time.Since(l.used) < time.Second || l.answers(ctx)) {
		return l, nil
	}
	if l != nil {
		l.end()
	}
	ctx, cancel := context.WithTimeout(ctx, s.server.patience())
	defer cancel()
	l, err := s.server.connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.adopt(ctx, l); err != nil {
		l.end()
		return nil, err
	}
	return l, nil
}

func (l *lane[C]) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, link := range l.free {
		if link != nil {
			link.end()
		}
	}
	l.free = nil
}
