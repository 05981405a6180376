// Package session keeps people signed in by a cookie whose meaning stays here:
// a row in the store says whose it is, so that ending it is deleting the row.
//
// The cookie carries 256 random bits and a MAC of them. The row's key is another
// part of that MAC, so the store knows no cookie, and a cookie that was guessed
// is told from one whose session has ended, without asking the store.
//
// A session ends when it was idle for too long, at its absolute end, or when
// somebody ends it. On the node that ends it, it is refused from the very next
// request on; another node may believe what it has read for up to half a
// minute, unless a revocation tells it sooner.
//
// There are three kinds of answers. A session was given. The refusal wraps an
// [edgeward.Reason]. Anything else is a "could not tell", most often an
// [edgeward.UnavailableError]: nothing is said about the session, and nothing
// is deleted.
package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/cache"
	"github.com/edgeward/edgeward/internal/keep/clock"
	"github.com/edgeward/edgeward/internal/keep/mac"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

// Method is what an [edgeward.Identity] proved here says of how it was proved,
// and the strategy's name in routes.
const Method = "session"

const (
	DefaultIdle       = 24 * time.Hour
	DefaultAbsolute   = 30 * 24 * time.Hour
	DefaultCacheBytes = 32 << 20 // about 20,000 sessions

	// entryLife bounds how long a row that was read is believed.
	entryLife = 30 * time.Second
	// touchParts of the idle time pass before a session's use is written down.
	touchParts = 10
)

// Config is what a Manager is made of. The zero value is refused: it has no
// store and no key.
type Config struct {
	// Store must compare and swap, or a renewed session could live twice. With
	// a [store.Lister] sessions can be listed.
	Store store.Backend
	// Key makes session ids and hides them in the store, 32 bytes or more. With
	// another key all sessions have ended, unless this one is in Previous.
	Key edgeward.Secret
	// Previous are the keys of before. What was made with them holds until it
	// ends by itself; nothing is made with them any more.
	Previous []edgeward.Secret
	// Idle ends a session that is not used, between 90 and 100 percent of it
	// after the last use. 0 means DefaultIdle.
	Idle time.Duration
	// Absolute ends every session, counted from its sign-in; nothing extends
	// it. 0 means DefaultAbsolute.
	Absolute time.Duration
	// Account returns what a user may do and is said to be now, by issuer and subject,
	// for the session with that public id; known is false where there is no account any
	// more, which ends the session. An error means: could not tell. It is asked beside
	// the row of a session that has an account. nil: such a session could not tell whose
	// it is. Safe for concurrent use.
	Account func(ctx context.Context, issuer, subject, session string) (s edgeward.Standing, known bool, err error)
	// Superseded reports whether an identity was read from an account that has lost
	// something since: it is read again. It answers from memory; nil: none is. Safe for
	// concurrent use.
	Superseded func(*edgeward.Identity) bool
	CacheBytes int              // 0 means DefaultCacheBytes; negative means no cache
	Now        func() time.Time // nil means time.Now
}

// A Manager makes, verifies, renews and ends sessions. It implements
// [edgeward.Verifier]. It is safe for concurrent use, on several nodes over one
// store.
type Manager struct {
	rows           table.Table
	keys           []*mac.Key // the first makes ids, all verify
	idle, absolute time.Duration
	clock          *clock.Clock
	cache          *cache.Cache[*known]
	touching       claims
	names          names
	account        func(ctx context.Context, issuer, subject, session string) (edgeward.Standing, bool, error)
	superseded     func(*edgeward.Identity) bool
}

// New checks cfg and returns its Manager.
func New(cfg Config) (*Manager, error) {
	rows, err := table.Open(cfg.Store, "sessions", store.SessionPrefix)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	keys, err := mac.NewKeys(cfg.Key, cfg.Previous...)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	m := &Manager{rows: rows, keys: keys, idle: cfg.Idle, absolute: cfg.Absolute, clock: clock.New(cfg.Now), account: cfg.Account, superseded: cfg.Superseded}
	if m.superseded == nil {
		m.superseded = func(*edgeward.Identity) bool { return false }
	}
	if m.idle == 0 {
		m.idle = DefaultIdle
	}
	if m.absolute == 0 {
		m.absolute = DefaultAbsolute
	}
	if m.idle < time.Second || m.absolute < m.idle {
		return nil, errors.New("session: the idle time is below a second, or above the absolute one")
	}
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = DefaultCacheBytes
	}
	m.cache = cache.New[*known](cfg.CacheBytes, 0)
	return m, nil
}

// Cache reports what the cache of sessions did.
func (m *Manager) Cache() edgeward.CacheStats { return m.cache.Stats() }

// The refusals are made once: they hold nothing of the request, and a flood of
// them costs no memory.
var (
	errInvalid = fmt.Errorf("session: not a cookie of ours: %w", edgeward.SessionInvalid)
	errUnknown = fmt.Errorf("session: it has ended: %w", edgeward.SessionUnknown)
	errExpired = fmt.Errorf("session: it has expired: %w", edgeward.SessionExpired)
)
