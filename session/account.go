package session

import (
	"context"
	"errors"
	"strings"

	"github.com/edgeward/edgeward"
)

var errNoAccounts = errors.New("session: its user has an account, and no accounts are configured")

// identify returns whose s is, with what the account says now.
//
// Who hears of a loss reads the account again, which says so already. Where it still
// does not, the store went back to a copy: the session ends, or what was lost would be
// back, and the user signs in anew.
func (m *Manager) identify(ctx context.Context, s *Session) (*edgeward.Identity, error) {
	for range 2 {
		id := s.claims()
		if s.Account {
			if err := m.readAccount(ctx, s, &id); err != nil {
				return nil, err
			}
		}
		identity, err := edgeward.NewIdentity(id)
		if err != nil {
			return nil, m.rows.Unavailable(err) // no such session could have been made
		}
		if !m.superseded(identity) {
			return identity, nil
		}
	}
	return nil, errUnknown
}

func (m *Manager) readAccount(ctx context.Context, s *Session, id *edgeward.Identity) error {
	if m.account == nil {
		return m.rows.Unavailable(errNoAccounts)
	}
	standing, known, err := m.account(ctx, s.Issuer, s.Subject, s.ID)
	switch {
	case err != nil:
		return m.rows.Unavailable(err)
	case !known:
		return errUnknown
	}
	profile := m.names.profile(standing.Profile)
	profile.ACR, profile.AuthTime = m.names.one(s.ACR), s.AuthTime
	if id.Profile, id.AsOf = profile, standing.AsOf; !s.Fixed {
		id.Permissions = m.names.sharedAll(standing.Permissions)
	}
	return nil
}

// profile returns a copy that refers to shared groups and values and, beyond them, to
// one text of its own: nothing of the row that it was read from.
func (n *names) profile(p *edgeward.Profile) *edgeward.Profile {
	text := strings.Join([]string{p.Username, p.Email, p.Name}, "")
	next := func(part string) (own string) {
		own, text = text[:len(part)], text[len(part):]
		return own
	}
	own := &edgeward.Profile{Username: next(p.Username), Email: next(p.Email), Name: next(p.Name), Groups: n.sharedAll(p.Groups)}
	if len(p.Claims) > 0 {
		own.Claims = make(map[string][]string, len(p.Claims))
		for name, values := range p.Claims {
			own.Claims[n.one(name)] = n.sharedAll(values)
		}
	}
	return own
}
