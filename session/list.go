package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/store"
)

// Find returns the session with that public id. The error wraps [ErrUnknown]
// when there is none, or none that is alive; else it means: could not tell.
func (m *Manager) Find(ctx context.Context, id string) (Session, error) {
	public, ok := table.ParseID(id)
	if !ok {
		return Session{}, ErrUnknown
	}
	s, _, err := m.load(ctx, public, m.clock.Now())
	if errors.Is(err, errUnknown) || errors.Is(err, errExpired) {
		return Session{}, ErrUnknown
	}
	return s, err
}

// List returns up to limit sessions whose public ids come after after, in the
// order of their ids' bytes, and the place to go on from, "" at the end. The
// limit is 1 to [store.MaxList]. Errors mean: could not tell, or wrap
// [store.ErrNoList], or [ErrUnknown] when after is no id.
func (m *Manager) List(ctx context.Context, after string, limit int) (page []Session, next string, err error) {
	entries, next, err := m.page(ctx, store.SessionPrefix, after, limit)
	if err != nil {
		return nil, "", err
	}
	now := m.clock.Now()
	for _, e := range entries {
		id, ok := table.ParseID(e.Key)
		if !ok {
			return nil, "", m.rows.Unavailable(fmt.Errorf("session: a row under a key that is none: %s", e.Key))
		}
		s, err := m.alive(id, e.Value, now)
		if err == nil {
			page = append(page, s)
		} else if !errors.Is(err, errExpired) && !errors.Is(err, errUnknown) {
			return nil, "", err
		}
	}
	return page, next, nil
}

// ListBySubject is [Manager.List] for the sessions of one subject.
func (m *Manager) ListBySubject(ctx context.Context, issuer, subject, after string, limit int) (page []Session, next string, err error) {
	ids, next, err := m.idsOf(ctx, issuer, subject, after, limit)
	if err != nil {
		return nil, "", err
	}
	for _, id := range ids {
		// The index is written before its session, and outlives one that idled out.
		s, err := m.findNow(ctx, id)
		if err == nil && !slices.ContainsFunc(page, func(listed Session) bool { return listed.ID == s.ID }) {
			page = append(page, s)
		} else if err != nil && !errors.Is(err, ErrUnknown) {
			return nil, "", err
		}
	}
	return page, next, nil
}

// findNow is Find, and returns what the session became when it got another id
// after its own was listed: who lists in order to end must not miss it.
func (m *Manager) findNow(ctx context.Context, id string) (Session, error) {
	s, err := m.Find(ctx, id)
	for range maxRenewals {
		if !errors.Is(err, ErrUnknown) {
			break
		}
		if id, err = m.Successor(ctx, id); err != nil {
			return Session{}, err
		}
		if id == "" {
			return Session{}, ErrUnknown
		}
		s, err = m.Find(ctx, id)
	}
	return s, err
}

// maxRenewals bounds those that one look follows.
const maxRenewals = 8

// idsOf is a page of a subject's index, which each key has one of.
func (m *Manager) idsOf(ctx context.Context, issuer, subject, after string, limit int) (ids []string, next string, err error) {
	// New ids are under the first key: it comes last, or a session that moves to
	// it between two reads would be missed.
	for _, key := range slices.Backward(m.keys) {
		index := indexPrefix(key, issuer, subject)
		entries, _, err := m.page(ctx, index, after, limit)
		if err != nil {
			return nil, "", err
		}
		for _, e := range entries {
			ids = append(ids, e.Key)
		}
	}
	slices.Sort(ids)
	if len(ids) >= limit {
		ids = ids[:limit]
		next = ids[limit-1]
	}
	return ids, next, nil
}

// page lists entries under a prefix, from the id after on.
func (m *Manager) page(ctx context.Context, prefix, after string, limit int) (entries []store.Entry, next string, err error) {
	if _, ok := table.ParseID(after); !ok && after != "" {
		return nil, "", ErrUnknown
	}
	return m.rows.PageOf(ctx, prefix, after, limit)
}

// index writes the row by which a subject's sessions are found. It goes with
// the session, or expires at its absolute end.
func (m *Manager) index(ctx context.Context, s *Session) error {
	if m.rows.Lister == nil {
		return nil
	}
	_, err := m.rows.Create(ctx, indexPrefix(m.keys[0], s.Issuer, s.Subject)+s.ID, []byte(`{"v":1}`), s.Expires)
	return err
}

// unindex removes it, if that is possible now: it leads nowhere any more.
func (m *Manager) unindex(ctx context.Context, s *Session) {
	if m.rows.Lister == nil {
		return
	}
	for _, key := range m.keys {
		_ = m.rows.Delete(ctx, indexPrefix(key, s.Issuer, s.Subject)+s.ID)
	}
}
