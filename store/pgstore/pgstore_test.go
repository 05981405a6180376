package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/store"
	"github.com/edgeward/edgeward/store/pgstore"
	"github.com/edgeward/edgeward/store/pgstore/pgtest"
	"github.com/edgeward/edgeward/store/storetest"
	"github.com/edgeward/edgeward/store/storetest/netfault"
)

// A lab is a server with stores on it.
type lab struct {
	*pgtest.Server
	shift   time.Duration // of the server's clock
	schemas atomic.Int64
	mu      sync.Mutex
	proxies map[store.Backend]*netfault.Proxy
	config  map[store.Backend]pgstore.Config
}

func newLab(t *testing.T, settings ...string) *lab {
	t.Helper()
	return &lab{Server: pgtest.Start(t, settings...), proxies: map[store.Backend]*netfault.Proxy{}, config: map[store.Backend]pgstore.Config{}}
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func config(url, schema string) pgstore.Config {
	return pgstore.Config{URL: edgeward.NewSecret(url), Password: edgeward.NewSecret(pgtest.Password), Schema: schema, Failover: pgstore.None, Log: quiet}
}

// fresh opens a store of its own schema through a proxy of its own.
func (l *lab) fresh(t testing.TB) *pgstore.Store {
	t.Helper()
	return l.open(t, fmt.Sprintf("store%d", l.schemas.Add(1)))
}

func (l *lab) open(t testing.TB, schema string) *pgstore.Store {
	t.Helper()
	p := netfault.Listen(t, l.Addr())
	c := config(pgtest.URL(p.Addr()), schema)
	s := run(t, c)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proxies[s], l.config[s] = p, c
	return s
}

// run opens a store that listens and sweeps until the test ends.
func run(t testing.TB, c pgstore.Config) *pgstore.Store {
	t.Helper()
	s, err := pgstore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	t.Cleanup(func() { cancel(); _ = s.Close(); <-done })
	return s
}

// ownClock lets a schema's clock be moved: it is the layout's function now().
func (l *lab) ownClock(schema string) {
	l.SQL(pgstore.InSchema(`CREATE OR REPLACE FUNCTION {schema}.now() RETURNS timestamptz LANGUAGE sql VOLATILE
		AS 'SELECT clock_timestamp() + (SELECT by FROM public.shift)'`, schema))
}

func TestStore(t *testing.T) {
	l := newLab(t)
	l.SQL(`CREATE TABLE public.shift (by interval); INSERT INTO public.shift VALUES ('0'); GRANT SELECT ON public.shift TO PUBLIC`)
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T) store.Backend {
			s := l.fresh(t)
			l.ownClock(l.config[s].Schema)
			return s
		},
		Now: func() time.Time { return time.Now().Add(l.shift) },
		FastForward: func(d time.Duration) {
			l.shift += d
			l.SQL(fmt.Sprintf(`UPDATE public.shift SET by = '%d milliseconds'`, l.shift.Milliseconds()))
		},
		Reopen: func(t *testing.T, s store.Backend) store.Backend {
			_ = s.(*pgstore.Store).Close()
			l.Kill()
			l.Boot()
			return l.open(t, l.config[s].Schema)
		},
		// There is no clock of a node's that could be wrong.
		Beside: func(t *testing.T, s store.Backend, _ time.Duration) store.Backend {
			return l.open(t, l.config[s].Schema)
		},
		CutOff: func(_ *testing.T, s store.Backend) func() {
			l.proxies[s].Freeze(true)
			return func() { l.proxies[s].Freeze(false) }
		},
	})
}

func TestTheServersOwnClockJudgesExpiry(t *testing.T) {
	l := newLab(t)
	s := l.fresh(t)
	if _, err := s.Create(t.Context(), "a", nil, time.Now().Add(2*time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	time.Sleep(2100 * time.Millisecond)
	if _, err := s.Get(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v, want %v", err, store.ErrNotFound)
	}
}

func TestAClosedStoreCouldNotTell(t *testing.T) {
	s := newLab(t).fresh(t)
	watching, synced := make(chan error, 1), make(chan struct{})
	go func() {
		watching <- s.Watch(t.Context(), "", func(store.Event) error { return nil }, func() error { close(synced); return nil })
	}()
	<-synced
	_ = s.Close()
	_ = s.Close()
	_, get := s.Get(t.Context(), "a")
	_, create := s.Create(t.Context(), "a", nil, time.Time{})
	for what, err := range map[string]error{"Watch": <-watching, "Get": get, "Create": create, "Delete": s.Delete(t.Context(), "a"), "Run": s.Run(t.Context())} {
		if !errors.Is(err, pgstore.ErrClosed) {
			t.Errorf("%s: %v, want %v", what, err, pgstore.ErrClosed)
		}
	}
}
