package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/cache"
	"github.com/edgeward/edgeward/store"
)

// Verify implements [edgeward.Verifier]. Its refusals wrap
// [edgeward.SessionInvalid] for what was not made here, a guess;
// [edgeward.SessionUnknown] and [edgeward.SessionExpired] for what once was a
// session.
//
// A handle proves its session at the host of r alone; without r there is no host.
func (m *Manager) Verify(ctx context.Context, r *edgeward.Request, c edgeward.Credential) (*edgeward.Identity, error) {
	host := ""
	if r != nil {
		host = r.Host
	}
	id, at, ours := m.openAt(c.Value, host)
	if !ours {
		return nil, errInvalid
	}
	return m.whoIs(ctx, id, at)
}

// whoIs returns whose a session is that is used at host, "" for none. Its handles
// share one entry of the cache, which is forgotten with the session: the MAC, which
// binds them to their hosts, is checked each time before.
func (m *Manager) whoIs(ctx context.Context, id publicID, host string) (*edgeward.Identity, error) {
	now := m.clock.Now()
	if k := m.cache.Find(string(id[:]), now); k != nil && k.covers(host) && !m.superseded(k.identity) {
		return k.identity, nil
	}
	return m.read(ctx, id, host, now)
}

// read asks the store, which is also when a session's use is written down:
// the row is at hand, and the store answers.
func (m *Manager) read(ctx context.Context, id publicID, host string, now time.Time) (*edgeward.Identity, error) {
	ticket := m.cache.Ticket(string(id[:]))
	s, version, err := m.load(ctx, id, now)
	if err != nil {
		return nil, err
	}
	m.names.share(&s)
	identity, err := m.identify(ctx, &s)
	if err != nil {
		return nil, err
	}
	if m.touch(ctx, id, &s, version, host, now) {
		// Also where the note of the host was not written: the next read tries again.
		used, _ := s.at(host)
		k := m.known(identity, used.Hosts)
		m.cache.Remember(string(id[:]), k, cache.Present, sizeOf(k), m.believedUntil(&s, now), ticket)
	}
	return identity, nil
}

// believedUntil is when what was read now has to be read again.
func (m *Manager) believedUntil(s *Session, now time.Time) time.Time {
	// Not beyond the next touch: it is a read that touches.
	until := now.Add(min(entryLife, m.idle/touchParts))
	if end := s.keptUntil(m.idle); end.Before(until) {
		return end
	}
	return until
}

// load returns a session that is alive.
func (m *Manager) load(ctx context.Context, id publicID, now time.Time) (Session, store.Version, error) {
	e, err := m.rows.Read(ctx, id.String(), errUnknown)
	if err != nil {
		return Session{}, 0, err
	}
	s, err := m.alive(id, e.Value, now)
	return s, e.Version, err
}

// alive reads a row and refuses one that has expired, or got another id.
func (m *Manager) alive(id publicID, row []byte, now time.Time) (Session, error) {
	s, err := parseRow(id, row)
	if err != nil {
		if _, succeeded := parseSuccessor(row); succeeded {
			return Session{}, errUnknown
		}
		return Session{}, m.rows.Unavailable(err)
	}
	if !now.Before(s.keptUntil(m.idle)) {
		return Session{}, errExpired
	}
	return s, nil
}

// touch writes down that the session is in use, once a tenth of its idle time
// has passed, and where, at the first use at a host, by one request of many. It
// never refuses: whether it is written
// or not, the session is alive. It reports whether s is still what the store
// has, as far as anybody knows.
func (m *Manager) touch(ctx context.Context, id publicID, s *Session, version store.Version, host string, now time.Time) bool {
	touched, news := s.at(host)
	if !news {
		touched = *s
	}
	if !news && now.Sub(s.Seen) < m.idle/touchParts || !m.touching.take(id) {
		return true
	}
	defer m.touching.give(id)
	touched.Seen = now
	// Replace, not Update: a session that was ended meanwhile stays so.
	_, err := m.rows.Replace(ctx, m.rows.Key(s.ID), version, touched.row(), touched.keptUntil(m.idle))
	if err == nil {
		*s = touched
	}
	return !errors.Is(err, store.ErrConflict)
}

// claims lets one request at a time write a session's row.
type claims struct{ held sync.Map }

func (c *claims) take(id publicID) bool {
	_, held := c.held.LoadOrStore(id, nil)
	return !held
}

func (c *claims) give(id publicID) { c.held.Delete(id) }

// sizeOf returns what an identity costs in the cache, in bytes, with the fields that
// name it to an application, which are made at its first use. The constants are
// measured with TestTheCacheCountsWhatItCosts, rounded up.
func sizeOf(k *known) int {
	const identity, permission, host = 1104, 32, 32
	id := k.identity
	size := identity + len(id.Issuer) + 2*len(id.Subject) + id.Profile.Size()
	if k.at != nil {
		size += host
		for _, name := range k.at.hosts { // shared or not: users of "*." make up as many as they like
			size += host + len(name) + len(name)/8 // what is allocated is rounded up
		}
	}
	for _, p := range id.Permissions {
		size += permission + 2*len(p)
	}
	return size
}
