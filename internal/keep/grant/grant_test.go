package grant_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/grant"
	"github.com/edgeward/edgeward/store/memstore"
	"github.com/edgeward/edgeward/store/storetest"
)

var key = edgeward.NewSecret(strings.Repeat("k", 32))

type lab struct {
	t     *testing.T
	clock *storetest.Clock
	store *storetest.Faulty
}

func newLab(t *testing.T) *lab {
	l := &lab{t: t, clock: new(storetest.Clock)}
	l.store = storetest.NewFaulty(memstore.New(memstore.Config{Now: l.clock.Now}))
	return l
}

func (l *lab) node() *grant.Grants {
	l.t.Helper()
	g, err := grant.New(grant.Config{Store: l.store, Key: key, Now: l.clock.Now, Pause: func(ctx context.Context, _ time.Duration) bool {
		time.Sleep(time.Millisecond)
		return ctx.Err() == nil
	}})
	if err != nil {
		l.t.Fatal(err)
	}
	return g
}

func (l *lab) keep(g *grant.Grants, given grant.Grant) string {
	l.t.Helper()
	id, err := g.Keep(l.t.Context(), given, l.clock.Now().Add(time.Hour))
	if err != nil {
		l.t.Fatal(err)
	}
	return id
}

func given(refresh, access string, expires time.Time) grant.Grant {
	return grant.Grant{Refresh: edgeward.NewSecret(refresh), Access: edgeward.NewSecret(access), Expires: expires, Sub: "alice"}
}

func TestWhatAProviderGaveComesBackUntilItsTime(t *testing.T) {
	l := newLab(t)
	g := l.node()
	want := given("r", "a", l.clock.Now().Add(time.Minute))
	id := l.keep(g, want)
	got, err := l.node().Get(t.Context(), id)
	if err != nil || !got.Refresh.Equal(want.Refresh) || !got.Access.Equal(want.Access) || !got.Expires.Equal(want.Expires) || got.Sub != "alice" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, other := range []string{"", "x", strings.Repeat("A", 22)} {
		if _, err := g.Get(t.Context(), other); !errors.Is(err, grant.ErrUnknown) {
			t.Errorf("%q: %v", other, err)
		}
	}
	l.store.Follow(storetest.Down)
	if _, err := g.Get(t.Context(), id); errors.Is(err, grant.ErrUnknown) || edgeward.ReasonOf(err) != edgeward.Unavailable {
		t.Errorf("a store that does not answer: %v", err)
	}
	l.store.Follow(nil)
	if err := errors.Join(g.Forget(t.Context(), id), g.Forget(t.Context(), id)); err != nil {
		t.Error(err)
	}
	if _, err := g.Get(t.Context(), id); !errors.Is(err, grant.ErrUnknown) {
		t.Error(err)
	}
	id = l.keep(g, want)
	l.clock.Forward(time.Hour)
	if _, err := g.Get(t.Context(), id); !errors.Is(err, grant.ErrUnknown) {
		t.Error(err)
	}
	if _, err := g.Keep(t.Context(), given(strings.Repeat("r", 17<<10), "", time.Time{}), time.Time{}); err == nil {
		t.Error("a token of 17 KiB is kept")
	}
}

// rotating is a provider that takes each refresh token once.
type rotating struct {
	mu     sync.Mutex
	n      int
	reused atomic.Int64
	asked  atomic.Int64
	fails  error // after rotation
}

func (p *rotating) ask(_ context.Context, now grant.Grant) (grant.Grant, error) {
	p.asked.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Refresh.Reveal() != fmt.Sprint("r", p.n) {
		p.reused.Add(1)
		return grant.Grant{}, errors.New("reused")
	}
	p.n++
	return given(fmt.Sprint("r", p.n), fmt.Sprint("a", p.n), time.Time{}), p.fails
}

// Of a hundred requests on two nodes one asks, and all get what it got.
func TestOneAsksForAll(t *testing.T) {
	l := newLab(t)
	nodes := []*grant.Grants{l.node(), l.node()}
	p := &rotating{}
	id := l.keep(nodes[0], given("r0", "a0", time.Time{}))
	for round := 1; round <= 5; round++ {
		want := fmt.Sprint("a", round)
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				got, err := nodes[i%2].Refresh(t.Context(), id, func(g grant.Grant) bool { return g.Access.Reveal() == want }, p.ask)
				if err != nil || got.Access.Reveal() != want {
					t.Errorf("round %d: %q, %v", round, got.Access.Reveal(), err)
				}
			})
		}
		all.Wait()
	}
	if p.asked.Load() != 5 || p.reused.Load() != 0 {
		t.Errorf("asked %d times, %d with an old token", p.asked.Load(), p.reused.Load())
	}
}

// Who would not wait hears that another asks; a node that died keeps others from it for
// a minute.
func TestALeaseExpires(t *testing.T) {
	l := newLab(t)
	g, p := l.node(), &rotating{}
	id := l.keep(g, given("r0", "a0", time.Time{}))
	l.store.Follow(storetest.Failing("delete"))
	if _, err := g.Refresh(t.Context(), id, nil, p.ask); err != nil {
		t.Fatal(err)
	}
	l.store.Follow(nil)
	if _, err := l.node().Refresh(t.Context(), id, nil, p.ask); !errors.Is(err, grant.ErrBusy) {
		t.Errorf("while the lease lasts: %v", err)
	}
	l.clock.Forward(time.Minute)
	if got, err := l.node().Refresh(t.Context(), id, nil, p.ask); err != nil || got.Access.Reveal() != "a2" {
		t.Errorf("%q, %v", got.Access.Reveal(), err)
	}
}

// A token that the provider rotated is kept beside an error, and written later where the
// store does not take it: no refresh token is used twice.
func TestARotatedTokenIsNotLost(t *testing.T) {
	l := newLab(t)
	g, p := l.node(), &rotating{fails: errors.New("userinfo is down")}
	id := l.keep(g, given("r0", "a0", time.Time{}))
	if _, err := g.Refresh(t.Context(), id, nil, p.ask); !errors.Is(err, p.fails) {
		t.Fatal(err)
	}
	p.fails = nil
	l.store.Follow(storetest.Failing("replace"))
	if _, err := g.Refresh(t.Context(), id, nil, p.ask); err == nil {
		t.Fatal("what was not written is given")
	}
	if _, err := g.Refresh(t.Context(), id, nil, p.ask); err == nil || p.asked.Load() != 2 {
		t.Fatalf("%v; asked %d times", err, p.asked.Load())
	}
	l.store.Follow(nil)
	if got, err := g.Refresh(t.Context(), id, nil, p.ask); err != nil || got.Access.Reveal() != "a3" || p.reused.Load() != 0 {
		t.Errorf("%q, %v; %d times with an old token", got.Access.Reveal(), err, p.reused.Load())
	}
	if got, err := l.node().Get(t.Context(), id); err != nil || got.Access.Reveal() != "a3" {
		t.Errorf("%q, %v", got.Access.Reveal(), err)
	}
	// The answer to the write is lost: whether it was written or not, it is what was given.
	l.store.Follow(storetest.Losing("replace"))
	_, _ = g.Refresh(t.Context(), id, nil, p.ask)
	l.store.Follow(nil)
	if got, err := g.Refresh(t.Context(), id, nil, p.ask); err != nil || got.Access.Reveal() != "a5" || p.reused.Load() != 0 {
		t.Errorf("%q, %v; %d times with an old token", got.Access.Reveal(), err, p.reused.Load())
	}
}

// A sign-in that ends while the provider is asked stays ended.
func TestWhatHasEndedMeanwhileStaysSo(t *testing.T) {
	l := newLab(t)
	g, p := l.node(), &rotating{}
	id := l.keep(g, given("r0", "a0", time.Time{}))
	_, err := g.Refresh(t.Context(), id, nil, func(ctx context.Context, now grant.Grant) (grant.Grant, error) {
		if err := g.Forget(ctx, id); err != nil {
			t.Fatal(err)
		}
		return p.ask(ctx, now)
	})
	if !errors.Is(err, grant.ErrUnknown) {
		t.Error(err)
	}
	if _, err := g.Get(t.Context(), id); !errors.Is(err, grant.ErrUnknown) {
		t.Error(err)
	}
}
