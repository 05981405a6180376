package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/upstream"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/source"
)

// A Live serves a System that can be replaced while it runs: whole, or not at
// all. A request that has begun ends on the System that it began on. It is
// safe for concurrent use.
type Live struct {
	env     Environment
	tell    func(err error, now time.Time)
	current atomic.Pointer[System]
	swapped chan struct{} // wakes Run

	mu      sync.Mutex       // serialises reloads; requests never take it
	loaded  *source.Loaded   // the one that serves now
	touched *source.Snapshot // what the last attempt to load that was decided read
}

// NewLive opens what c keeps its state in, builds c and returns it, ready to
// serve. reloaded, which may be nil, is told of every attempt to reload, this
// first one included. Close it when all requests have ended.
func NewLive(c *source.Loaded, env Environment, reloaded func(err error, now time.Time)) (*Live, error) {
	if reloaded == nil {
		reloaded = func(error, time.Time) {}
	}
	if env.Transport == nil {
		env.Transport = upstream.NewTransport()
	}
	l := &Live{
		env: env, tell: reloaded, loaded: c, touched: c.Touched,
		swapped: make(chan struct{}, 1),
	}
	err := l.open(c.Config)
	l.tell(err, time.Now())
	if err != nil {
		return nil, err
	}
	return l, nil
}

// open makes the first System.
func (l *Live) open(c *config.Config) (err error) {
	if l.env.State == nil {
		if l.env.State, err = Open(c, l.env); err != nil {
			return err
		}
	}
	l.env.Exchanges = &door.Exchanges{}
	if l.env.State != nil {
		l.env.Exchanges.Alive = l.env.State.revocations.Check
		l.env.Exchanges.Superseded = l.env.State.revocations.Superseded
		l.env.Exchanges.Open = func(id *edgeward.Identity) { l.System().Used(id) }
	}
	s, err := Build(c, l.env, nil)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	l.current.Store(s)
	return nil
}

// Close closes the State. It comes after Run and after the last request: what
// comes later cannot tell.
func (l *Live) Close() error {
	if l.env.State == nil {
		return nil
	}
	return l.env.State.Close()
}

// Exchanges are those that are open at the doors of all Systems.
func (l *Live) Exchanges() *door.Exchanges { return l.env.Exchanges }

// System returns the one that serves now.
func (l *Live) System() *System { return l.current.Load() }

// Door serves a door of the current System, named by the key of its address.
func (l *Live) Door(key string) http.Handler {
	return live(func() http.Handler { return l.System().Doors[key] })
}

// TLS returns what a listener of the current System speaks TLS by, nil where it
// does not: that cannot change.
func (l *Live) TLS(key string) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	if l.System().Secure[key] == nil {
		return nil
	}
	return func(hello *tls.ClientHelloInfo) (*tls.Config, error) { return l.System().Secure[key].choose(hello) }
}

// Redirect leads requests without TLS to a listener of the current System.
func (l *Live) Redirect(key string) http.Handler {
	return live(func() http.Handler { return l.System().Secure[key] })
}

// live is a door of the System that is current when a request arrives. Doors
// neither open nor close by a reload, so that one which is missing was never
// listened on.
type live func() http.Handler

func (current live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := current()
	if h == nil {
		http.NotFound(w, r)
		return
	}
	h.ServeHTTP(w, r)
}

// Reload loads the configuration again and swaps the Systems, or reports what
// is wrong and changes nothing.
func (l *Live) Reload() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.System().Config.Hosts
	err := l.reload()
	l.tell(err, time.Now())
	if err != nil {
		l.env.log().Error("configuration not reloaded, the old one stays in force", "error", err)
		return err
	}
	for _, w := range l.System().Config.Warnings {
		l.env.log().Warn(w)
	}
	l.env.log().Info("configuration reloaded", hostsChanged(before, l.System().Config.Hosts)...)
	return nil
}

func (l *Live) reload() error {
	old, before := l.System(), l.touched
	c, err := l.loaded.Again()
	if faults, ok := errors.AsType[*source.Errors](err); ok {
		l.touched = faults.Touched
	}
	if err != nil {
		return err
	}
	l.touched = c.Touched
	if err := sameListeners(old.Config, c.Config); err != nil {
		return err
	}
	if err := sameStore(old.Config, c.Config); err != nil {
		return err
	}
	s, err := l.build(c.Config, old)
	if _, open := errors.AsType[*unanswered](err); open {
		l.touched = before // so that the change is still one to the watcher
	}
	if err != nil {
		return err
	}
	l.current.Store(s)
	l.loaded = c
	old.upstreams.drain(s.upstreams)
	select {
	case l.swapped <- struct{}{}:
	default: // Run has not seen the last one either
	}
	return nil
}

// An unanswered attempt to reload failed for the store's trouble and not for what
// the files say: the watcher makes it again.
type unanswered struct{ error }

func (e *unanswered) Unwrap() error { return e.error }

// unkept is the error of a reload that the store did not allow, or did not answer.
func unkept(err error) error {
	if _, ok := errors.AsType[*PinError](err); ok {
		return fmt.Errorf("%w; nothing was reloaded", err)
	}
	return &unanswered{fmt.Errorf("%w; nothing was reloaded, which is tried again", err)}
}

// build makes the System that follows old. What c pins the store to is kept once
// nothing else can fail: a store that keeps to a new secret refuses the old one.
func (l *Live) build(c *config.Config, old *System) (*System, error) {
	m := l.env.State
	if m == nil {
		return Build(c, l.env, old)
	}
	pins, err := m.unpinned(c)
	if err != nil {
		return nil, unkept(err)
	}
	s, err := Build(c, l.env, old)
	if err != nil {
		return nil, err
	}
	if err := m.keep(pins); err != nil {
		return nil, unkept(err)
	}
	return s, nil
}

// Run keeps the key sets of the current System and the State fresh, ends open
// exchanges whose identity was revoked, and reloads when a file changed, until
// ctx is done.
func (l *Live) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() {
		source.Watch(ctx, l.lastTouched, l.seen, func() { _ = l.Reload() }) // which reports
	})
	beside.Go(func() { _ = l.env.Exchanges.Run(ctx) })
	if l.env.State != nil {
		beside.Go(func() { l.env.State.Run(ctx) })
	}
	defer beside.Wait()
	defer stop()
	for ctx.Err() == nil {
		if err := l.runCurrent(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (l *Live) lastTouched() *source.Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.touched
}

func (l *Live) seen(path string) {
	l.env.log().Info("a change of the configuration was seen; it is loaded once nothing moves any more", "file", path)
}

// runCurrent runs the current System until it is replaced or ctx is done. A
// key set that both Systems have notices nothing but a pause.
func (l *Live) runCurrent(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var waiting sync.WaitGroup
	defer waiting.Wait()
	waiting.Go(func() {
		select {
		case <-ctx.Done():
		case <-l.swapped:
			stop()
		}
	})
	err := l.System().Run(ctx)
	if err == nil {
		<-ctx.Done() // a System without remote keys is done at once
	}
	stop()
	return err
}
