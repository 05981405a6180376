package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

// ErrUnknown says that there is no session with that public id.
var ErrUnknown = errors.New("session: no such session")

// Create makes a session for g and returns its cookie value. When it returns an
// error, nobody has a session. Errors wrap [ErrGrant], or mean: could not tell.
//
// At a sign-in it gives a new id, whatever the browser sent before: an id that
// was planted there (session fixation) becomes nobody's.
func (m *Manager) Create(ctx context.Context, g Grant) (edgeward.Secret, Session, error) {
	now := m.clock.Now()
	return m.create(ctx, g, now, now.Add(m.absolute), nil)
}

func (m *Manager) create(ctx context.Context, g Grant, created, expires time.Time, before func(*Session) error) (edgeward.Secret, Session, error) {
	value, id := m.mint()
	s, err := newSession(id, g, created, m.clock.Now(), expires)
	if err != nil {
		return edgeward.Secret{}, Session{}, err
	}
	if before != nil {
		if err := before(&s); err != nil {
			return edgeward.Secret{}, Session{}, err
		}
	}
	if err := m.index(ctx, &s); err != nil {
		return edgeward.Secret{}, Session{}, m.rows.Unavailable(err)
	}
	if _, err := m.rows.Create(ctx, m.rows.Key(s.ID), s.row(), s.keptUntil(m.idle)); err != nil {
		return edgeward.Secret{}, Session{}, m.rows.Unavailable(err)
	}
	return value, s, nil
}

// Renew gives a session another id, at step-up: its permissions, address and
// user agent become those of g, its sign-in, its account and its absolute end stay, and so
// does how the user authenticated unless g says something of that. The old
// cookie is dead when Renew returns without an error; of several renewals of
// one cookie at once, one succeeds. g must name the same subject, else the
// error wraps [ErrGrant]; refusals of the old cookie are those of Verify.
//
// before, unless it is nil, is called with the new session before anybody can
// find that: what has to be found with it is written there. Its error ends the
// renewal and is returned as it is.
func (m *Manager) Renew(ctx context.Context, old edgeward.Secret, g Grant, before func(*Session) error) (edgeward.Secret, Session, error) {
	id, ours := m.open(old)
	if !ours {
		return edgeward.Secret{}, Session{}, errInvalid
	}
	was, _, err := m.load(ctx, id, m.clock.Now())
	if err != nil {
		return edgeward.Secret{}, Session{}, err
	}
	if g.Issuer != was.Issuer || g.Subject != was.Subject {
		return edgeward.Secret{}, Session{}, fmt.Errorf("%w: a renewal is for the same subject", ErrGrant)
	}
	if g.ACR == "" && g.AuthTime.IsZero() {
		g.ACR, g.AuthTime = was.ACR, was.AuthTime
	}
	g.Account, g.Fixed = was.Account, was.Account
	value, s, err := m.create(ctx, g, was.Created, was.Expires, before)
	if err != nil {
		return edgeward.Secret{}, Session{}, err
	}
	if err := m.supersede(ctx, id, s.ID); err != nil {
		m.discard(ctx, &s)
		return edgeward.Secret{}, Session{}, err
	}
	m.unindex(ctx, &was)
	return value, s, nil
}

// discard removes a session whose cookie nobody has learned, so that none
// succeeds it. If its row cannot be deleted, it idles out.
func (m *Manager) discard(ctx context.Context, s *Session) {
	if m.rows.Delete(ctx, m.rows.Key(s.ID)) == nil {
		m.unindex(ctx, s)
	}
}

// successorLife is how long a session that got another id says which: longer
// than anything takes that had the old id at hand when that happened.
const successorLife = 10 * time.Minute

// supersede ends a session by compare-and-swap, so that one renewal wins, and a
// renewal or an end, but not both: the row says for a while which session
// succeeds it, so that who comes to end the old one finds the new one.
func (m *Manager) supersede(ctx context.Context, id publicID, successor string) error {
	defer m.cache.Forget(string(id[:]))
	now := m.clock.Now()
	_, err := store.Update(ctx, m.rows, m.rows.Key(id.String()), func(e store.Entry) ([]byte, time.Time, error) {
		if _, succeeded := parseSuccessor(e.Value); succeeded {
			return nil, time.Time{}, store.ErrNotFound
		}
		return successorRow(successor), now.Add(successorLife), nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errUnknown
	case err != nil:
		return m.rows.Unavailable(err)
	}
	return nil
}

// Successor returns the public id of the session that the one with that public
// id was renewed to, "" when there is none, or when that was more than ten
// minutes ago. Who ends a session asks afterwards, and ends that one, too: a
// renewal is before the end, and is found here, or after it, and fails. Errors
// mean: could not tell.
func (m *Manager) Successor(ctx context.Context, id string) (string, error) {
	public, ok := table.ParseID(id)
	if !ok {
		return "", nil
	}
	e, err := m.rows.Read(ctx, public.String(), ErrUnknown)
	if errors.Is(err, ErrUnknown) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	successor, _ := parseSuccessor(e.Value)
	return successor, nil
}

// End ends the session with that public id. From then on this node refuses it.
// That it has ended before is fine; a session that it was renewed to lives on,
// see [Manager.Successor]. An error means that it may live on; it wraps
// [ErrUnknown] when id is none.
func (m *Manager) End(ctx context.Context, id string) error {
	public, ok := table.ParseID(id)
	if !ok {
		return ErrUnknown
	}
	// Also when the store does not answer: it may have heard.
	defer m.cache.Forget(string(public[:]))
	// Not Delete: it could remove the row that a renewal has just written, and
	// with it the way to the new session.
	var was []byte
	_, err := store.Update(ctx, m.rows, m.rows.Key(id), func(e store.Entry) ([]byte, time.Time, error) {
		if _, succeeded := parseSuccessor(e.Value); succeeded {
			return nil, time.Time{}, store.ErrNotFound
		}
		was = e.Value
		return e.Value, time.UnixMilli(1), nil // absent from now on
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return m.rows.Unavailable(err)
	}
	if s, err := parseRow(public, was); err == nil {
		m.unindex(ctx, &s)
	}
	return nil
}
