// Package grant keeps what a provider gave at a sign-in beside the ID token: a refresh
// token, an access token and when that expires. It is one sealed row a sign-in, however
// many records and credentials that has: many providers rotate refresh tokens, and of
// two copies one would be used a second time, which looks like theft.
//
// One request on one node asks the provider at a time. Others wait for what it gets.
package grant

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/internal/keep/record"
	"github.com/edgeward/edgeward/internal/keep/seal"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

var (
	// ErrUnknown says that there is no such grant, or no more.
	ErrUnknown = errors.New("grant: there is no such grant")
	// ErrBusy says that another request asks the provider now.
	ErrBusy = errors.New("grant: another request asks the provider")
)

const (
	rowVersion = 1
	maxToken   = 16 << 10 // bytes of a token
	// leaseLife is how long one request may ask the provider, and keep others from it,
	// should its node die.
	leaseLife = time.Minute
	// maxUnsaved bounds the grants that could not be written.
	maxUnsaved = 10_000

	waits     = 100 // looks at the row of one that waits
	waitPause = 100 * time.Millisecond
	saves     = 10 // attempts to write what a provider has just given
)

// A Grant is what a provider gave. The zero Grant is nothing.
type Grant struct {
	Refresh, Access edgeward.Secret
	Expires         time.Time // of Access; zero: the provider does not say
	Sub             string    // by which the provider knows the user
}

func (g *Grant) equal(o *Grant) bool {
	return g.Refresh.Equal(o.Refresh) && g.Access.Equal(o.Access) && g.Expires.Equal(o.Expires) && g.Sub == o.Sub
}

// IsZero reports whether there is no token in g.
func (g *Grant) IsZero() bool { return g.Refresh.IsZero() && g.Access.IsZero() }

// Config is what Grants are made of. The zero value is refused.
type Config struct {
	Store    store.Backend // must compare and swap
	Key      edgeward.Secret
	Previous []edgeward.Secret
	// Once runs do once for all who call it with one key at a time on this node, and gives
	// all of them its error; nil runs it for each.
	Once func(ctx context.Context, key string, do func(context.Context) error) error
	// Pause waits, and reports whether ctx is still there; nil does not wait.
	Pause func(ctx context.Context, d time.Duration) bool
	Now   func() time.Time // nil means time.Now
}

// Grants reads, refreshes and forgets grants. It is safe for concurrent use, on several
// nodes over one store.
type Grants struct {
	rows, leases table.Table
	seal         seal.Seal
	clock        *clock.Clock
	once         func(ctx context.Context, key string, do func(context.Context) error) error
	pause        func(ctx context.Context, d time.Duration) bool

	mu      sync.Mutex // never held across I/O
	unsaved map[string]Grant
}

// New checks cfg and returns its Grants.
func New(cfg Config) (*Grants, error) {
	rows, err := table.Open(cfg.Store, "grants", store.GrantPrefix)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	leases, err := table.Open(cfg.Store, "grants", store.GrantLockPrefix)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	s, err := seal.New(cfg.Key, cfg.Previous...)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	g := &Grants{rows: rows, leases: leases, seal: s, clock: clock.New(cfg.Now), once: cfg.Once, pause: cfg.Pause, unsaved: map[string]Grant{}}
	if g.once == nil {
		g.once = func(ctx context.Context, _ string, do func(context.Context) error) error { return do(ctx) }
	}
	if g.pause == nil {
		g.pause = func(ctx context.Context, _ time.Duration) bool { return ctx.Err() == nil }
	}
	return g, nil
}

// Keep keeps a grant until then, and returns its public id. Errors mean: could not
// tell, and no one knows the id.
func (g *Grants) Keep(ctx context.Context, given Grant, until time.Time) (id string, err error) {
	if given.Refresh.Len() > maxToken || given.Access.Len() > maxToken {
		return "", g.rows.Unavailable(fmt.Errorf("grant: a token of more than %d bytes", maxToken))
	}
	var random table.ID
	rand.Read(random[:]) // aborts the program rather than fail
	id = random.String()
	key := g.rows.Key(id)
	if _, err := g.rows.Create(ctx, key, g.close(key, given), until); err != nil {
		return "", g.rows.Unavailable(err)
	}
	return id, nil
}

// Get returns a grant. The error wraps [ErrUnknown], or means: could not tell.
func (g *Grants) Get(ctx context.Context, id string) (Grant, error) {
	given, _, err := g.get(ctx, id)
	return given, err
}

func (g *Grants) get(ctx context.Context, id string) (Grant, store.Entry, error) {
	if _, ok := table.ParseID(id); !ok {
		return Grant{}, store.Entry{}, ErrUnknown
	}
	e, err := g.rows.Read(ctx, id, ErrUnknown)
	if err != nil {
		return Grant{}, store.Entry{}, err
	}
	given, err := g.open(e)
	if err != nil {
		return Grant{}, store.Entry{}, g.rows.Unavailable(err)
	}
	if newer, found := g.unsavedOf(id); found {
		given = newer
	}
	return given, e, nil
}

// Forget drops a grant. That there is none is no error; errors mean: could not tell.
func (g *Grants) Forget(ctx context.Context, id string) error {
	if _, ok := table.ParseID(id); !ok {
		return nil
	}
	if err := g.rows.Delete(ctx, g.rows.Key(id)); err != nil {
		return g.rows.Unavailable(err)
	}
	g.saved(id)
	return nil
}

// An Ask asks the provider, with what is kept now, and returns what is to be kept from
// now on. A grant beside an error is kept all the same: the provider may have rotated
// the refresh token before something else went wrong. The zero Grant leaves it.
type Ask func(ctx context.Context, now Grant) (Grant, error)

// Refresh returns the grant with that id, if good says of it that it is, else what ask
// makes of it: one request at a time asks, and the others wait for what it gets, and
// look again. A nil good is never satisfied, and who would have to wait gets [ErrBusy].
//
// Errors wrap [ErrUnknown] or [ErrBusy], are those of ask, or mean: could not tell. What
// ask got is written down before it is returned; where the store does not take it,
// this node keeps it in memory, and writes it before it asks again.
func (g *Grants) Refresh(ctx context.Context, id string, good func(Grant) bool, ask Ask) (Grant, error) {
	given, err := g.settled(ctx, id)
	if err != nil || good != nil && good(given) {
		return given, err
	}
	if good == nil {
		return g.asking(ctx, id, nil, ask)
	}
	err = g.once(ctx, id, func(ctx context.Context) error {
		for range waits {
			_, err := g.asking(ctx, id, good, ask)
			if !errors.Is(err, ErrBusy) {
				return err
			}
			if !g.pause(ctx, waitPause) {
				return g.rows.Unavailable(ctx.Err())
			}
		}
		return g.rows.Unavailable(ErrBusy)
	})
	if err != nil {
		return Grant{}, err
	}
	return g.Get(ctx, id)
}

// asking asks under a lease. ErrBusy says that another request has it.
func (g *Grants) asking(ctx context.Context, id string, good func(Grant) bool, ask Ask) (Grant, error) {
	lease := g.leases.Key(id)
	_, err := g.leases.Create(ctx, lease, []byte(`{"v":1}`), g.clock.Now().Add(leaseLife))
	switch {
	case errors.Is(err, store.ErrExists):
		return Grant{}, ErrBusy
	case err != nil:
		return Grant{}, g.rows.Unavailable(err)
	}
	// Also where the caller went away meanwhile: what a provider gave has to be kept.
	bound := context.WithoutCancel(ctx)
	defer func() { _ = g.leases.Delete(bound, lease) }() // else it expires
	given, err := g.settled(ctx, id)
	if err != nil || good != nil && good(given) {
		return given, err
	}
	next, failed := ask(ctx, given)
	if next.Expires = time.UnixMilli(next.Expires.UnixMilli()); next.Expires.UnixMilli() <= 0 {
		next.Expires = time.Time{}
	}
	if next.IsZero() || next.equal(&given) {
		return given, failed
	}
	if err := g.save(bound, id, next); err != nil {
		return Grant{}, err
	}
	return next, failed
}

// settled returns a grant after what could not be written before is.
func (g *Grants) settled(ctx context.Context, id string) (Grant, error) {
	if next, found := g.unsavedOf(id); found {
		if err := g.write(ctx, id, next); err != nil {
			return Grant{}, err
		}
	}
	return g.Get(ctx, id)
}

// save writes what a provider has just given, again and again for a while. Should the
// store take nothing, it is remembered.
func (g *Grants) save(ctx context.Context, id string, next Grant) (err error) {
	g.mu.Lock()
	if len(g.unsaved) < maxUnsaved {
		g.unsaved[id] = next
	}
	g.mu.Unlock()
	for range saves {
		if err = g.write(ctx, id, next); err == nil || errors.Is(err, ErrUnknown) {
			return err
		}
		if !g.pause(ctx, waitPause) {
			break
		}
	}
	return err
}

// write replaces a row, as long as there is one: a sign-in that has ended meanwhile
// stays so.
func (g *Grants) write(ctx context.Context, id string, next Grant) error {
	key := g.rows.Key(id)
	_, err := store.Update(ctx, g.rows, key, func(e store.Entry) ([]byte, time.Time, error) {
		return g.close(key, next), e.Expires, nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		g.saved(id)
		return ErrUnknown
	case err != nil:
		return g.rows.Unavailable(err)
	}
	g.saved(id)
	return nil
}

func (g *Grants) unsavedOf(id string) (Grant, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	next, found := g.unsaved[id]
	return next, found
}

func (g *Grants) saved(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.unsaved, id)
}

func (g *Grants) close(key string, given Grant) []byte {
	w := record.New(rowVersion)
	w.String("refresh", given.Refresh.Reveal())
	w.String("access", given.Access.Reveal())
	w.Time("expires", given.Expires)
	w.String("sub", given.Sub)
	return g.seal.Close(key, w.End())
}

// open reads a row. It was sealed for its key: one that was moved is refused.
func (g *Grants) open(e store.Entry) (Grant, error) {
	plain, err := g.seal.Open(e.Key, e.Value)
	if err != nil {
		return Grant{}, err
	}
	r, err := record.Read(plain, rowVersion)
	if err != nil {
		return Grant{}, fmt.Errorf("grant: row: %w", err)
	}
	given := Grant{Refresh: edgeward.NewSecret(r.String("refresh")), Access: edgeward.NewSecret(r.String("access")), Expires: r.Time("expires"), Sub: r.String("sub")}
	return given, r.Err()
}
