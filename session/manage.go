package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
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
	return m.create(ctx, g, now, now.Add(m.absolute))
}

func (m *Manager) create(ctx context.Context, g Grant, created, expires time.Time) (edgeward.Secret, Session, error) {
	value, id := m.mint()
	s, err := newSession(id, g, created, m.clock.Now(), expires)
	if err != nil {
		return edgeward.Secret{}, Session{}, err
	}
	if err := m.index(ctx, &s); err != nil {
		return edgeward.Secret{}, Session{}, unavailable(err)
	}
	if _, err := m.store.Create(ctx, key(id), s.row(), s.keptUntil(m.idle)); err != nil {
		return edgeward.Secret{}, Session{}, unavailable(err)
	}
	return value, s, nil
}

// Renew gives a session another id, at step-up: its permissions, address and
// user agent become those of g, its sign-in and its absolute end stay. The old
// cookie is dead when Renew returns without an error; of several renewals of
// one cookie at once, one succeeds. g must name the same subject, else the
// error wraps [ErrGrant]; refusals of the old cookie are those of Verify.
func (m *Manager) Renew(ctx context.Context, old edgeward.Secret, g Grant) (edgeward.Secret, Session, error) {
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
	value, s, err := m.create(ctx, g, was.Created, was.Expires)
	if err != nil {
		return edgeward.Secret{}, Session{}, err
	}
	if err := m.succeed(ctx, id); err != nil {
		// Nobody will learn the new cookie. If its row cannot be deleted
		// either, it idles out.
		_ = m.End(ctx, s.ID)
		return edgeward.Secret{}, Session{}, err
	}
	m.unindex(ctx, &was)
	return value, s, nil
}

// succeed ends a session by compare-and-swap, so that one renewal wins: the row
// becomes one that expired long ago, which is absent.
func (m *Manager) succeed(ctx context.Context, id publicID) error {
	defer m.cache.Forget(id)
	_, err := store.Update(ctx, m.store, key(id), func(e store.Entry) ([]byte, time.Time, error) {
		return e.Value, time.UnixMilli(1), nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errUnknown
	case err != nil:
		return unavailable(err)
	}
	return nil
}

// End ends the session with that public id. From then on this node refuses it.
// That it has ended before is fine. An error means that it may live on; it wraps
// [ErrUnknown] when id is none.
func (m *Manager) End(ctx context.Context, id string) error {
	public, ok := parseID(id)
	if !ok {
		return ErrUnknown
	}
	// Also when the store does not answer: it may have heard.
	defer m.cache.Forget(public)
	e, err := m.store.Get(ctx, key(public))
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return unavailable(err)
	}
	if err := m.store.Delete(ctx, key(public)); err != nil {
		return unavailable(err)
	}
	if s, err := parseRow(public, e.Value); err == nil {
		m.unindex(ctx, &s)
	}
	return nil
}
