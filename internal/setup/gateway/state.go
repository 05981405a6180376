package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/revocation"
	"github.com/edgeward/edgeward/store"
)

// A State is what is open beneath a System and outlives its reloads: the
// store, and what this node knows of revocations. Opening it is the only step
// that touches the store's file; see [Open]. It is safe for concurrent
// use.
type State struct {
	store       *meter
	revocations *revocation.Log
	audit       *auditFile // nil where there is no audit log
	longest     map[revocation.Scope]time.Duration
	log         *slog.Logger
	closing     sync.Once
	beaten      atomic.Pointer[error] // how the last beat went; nil before the first
}

const (
	beatTimeout = 5 * time.Second
	// watchPause comes before a watch that broke is begun anew.
	watchPause = time.Second
)

// Open opens the store that c names, nil when it names none. A store that was
// begun under another issuer or secret is refused with a [*PinError]. The audit
// log and what is kept in memory belong to it. Close it when all requests have
// ended.
func Open(c *config.Config, env Environment) (*State, error) {
	if c.Store == nil {
		return nil, nil
	}
	s, err := env.Stores.Open(c.Store)
	if err != nil {
		return nil, &StoreError{c.Store, err}
	}
	m, err := newState(c, env, s)
	if err == nil {
		err = m.pin(c)
	}
	if err == nil && c.Store.AuditPath() != "" {
		err = m.openAudit(c.Store)
	}
	if err != nil {
		return nil, errors.Join(err, closeStore(s))
	}
	return m, nil
}

func closeStore(s store.Full) error {
	if c, ok := s.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func (m *State) openAudit(s *config.Store) (err error) {
	if m.audit, err = openAudit(s); err != nil {
		return &AuditError{s.AuditPath(), err}
	}
	if m.audit.torn {
		m.log.Warn("the last record of the audit log was written in part, and is removed", "path", s.AuditPath())
	}
	return nil
}

// newState makes a State over an open store.
func newState(c *config.Config, env Environment, s store.Full) (*State, error) {
	if err := s.Contract().Meets(c.Store.Needs()); err != nil {
		return nil, &StoreError{c.Store, &unmetError{err}}
	}
	m := &State{store: &meter{backend: s}, longest: c.Retention(), log: env.log()}
	var err error
	m.revocations, err = revocation.New(revocation.Config{Store: m.store, Retention: m.longest, Exempt: issuance.ExemptFromLogout, Lag: env.PropagationDelay})
	return m, err
}

// Run keeps the State true until ctx is done: it follows revocations, beats
// to know how fresh it is, sweeps what has expired, and keeps the audit log.
func (m *State) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { m.follow(ctx) })
	running.Go(func() { m.beat(ctx) })
	if m.audit != nil {
		running.Go(func() { m.audit.run(ctx) })
	}
	if s, ok := m.store.backend.(interface{ Run(context.Context) error }); ok {
		running.Go(func() { m.tell(ctx, "store is not swept", s.Run(ctx)) })
	}
	running.Wait()
}

func (m *State) tell(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		m.log.Error(what, "error", err)
	}
}

// follow watches revocations, and begins anew when the watch breaks: what the
// node knows stays.
func (m *State) follow(ctx context.Context) {
	for {
		m.tell(ctx, "revocations are not heard of", m.revocations.Run(ctx))
		if !pause(ctx, watchPause) {
			return
		}
	}
}

func (m *State) beat(ctx context.Context) {
	for {
		m.beatOnce(ctx)
		m.revocations.Sweep()
		if !pause(ctx, config.HeartbeatInterval) {
			return
		}
	}
}

// beatOnce also tells whether the store can be written to. Trouble is logged
// when it begins and when it ends, not every time.
func (m *State) beatOnce(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	err := m.revocations.Beat(limited)
	if ctx.Err() != nil {
		return
	}
	before := m.beaten.Swap(&err)
	switch failed := before != nil && *before != nil; {
	case err != nil && !failed:
		m.log.Error("the store does not answer", "error", err)
	case err == nil && failed:
		m.log.Info("the store answers again")
	}
}

// pause waits, and reports whether ctx is still there.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Ready returns nil when the node was told what is revoked, the store took its
// last beat and the audit log its last record. It does no I/O.
func (m *State) Ready() error {
	if m.revocations.Staleness(time.Now()) == math.MaxInt64 {
		return errors.New("revocations: this node has not read yet what is revoked")
	}
	if beaten := m.beaten.Load(); beaten != nil && *beaten != nil {
		return fmt.Errorf("store: %w", *beaten)
	}
	if m.audit != nil {
		return m.audit.ready()
	}
	return nil
}

// Close closes the store and the audit log. Who uses them from then on gets
// errors.
func (m *State) Close() (err error) {
	err = closeStore(m.store.backend)
	if m.audit != nil {
		m.closing.Do(func() { err = errors.Join(err, m.audit.Close()) })
	}
	return err
}

// opened reports whether there is a store at all.
func (m *State) opened() bool {
	_, closed := m.store.backend.(unopened)
	return !closed
}

// Store returns the store, for what keeps entries of its own.
func (m *State) Store() store.Backend { return m.store }
