package session

import (
	"context"
	"slices"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/keep/hosthandle"
	"github.com/edgeward/edgeward/internal/keep/table"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// Handle returns the cookie value by which a browser proves the session with that
// public id at one host, a name as in [edgeward.Request.Host]; its port means
// nothing, as to cookies. It does no I/O: a handle of a session that has ended, or
// never was, proves as much as that session's own cookie. ok is false for what is
// no id or no name.
func (m *Manager) Handle(id, host string) (value edgeward.Secret, ok bool) {
	public, ok := table.ParseID(id)
	if !ok {
		return edgeward.Secret{}, false
	}
	return hosthandle.Make(m.keys[0], hosthandle.OfSession, public, canonical.Hostname(host), m.clock.Now())
}

// openAt tells whose session value proves at host, "" for none: a session's own
// cookie at any host, a handle at its own, whose name it returns then.
func (m *Manager) openAt(value edgeward.Secret, host string) (id publicID, at string, ok bool) {
	if !hosthandle.Is(value) {
		id, ok = m.open(value)
		return id, "", ok
	}
	at = canonical.Hostname(host)
	id, ok = hosthandle.Open(m.keys, hosthandle.OfSession, value, at)
	return id, at, ok
}

// IDAt is [Manager.IDOf] for what a browser brought to host: also for a handle of
// that host.
func (m *Manager) IDAt(value edgeward.Secret, host string) (id string, ok bool) {
	public, _, ok := m.openAt(value, host)
	if !ok {
		return "", false
	}
	return public.String(), true
}

// Lookup returns whose the session with that public id is, as Verify does for its
// cookie; it is for who has the id from a source that proves it. Errors are those
// of Verify.
func (m *Manager) Lookup(ctx context.Context, id string) (*edgeward.Identity, error) {
	public, ok := table.ParseID(id)
	if !ok {
		return nil, errInvalid
	}
	return m.whoIs(ctx, public, "")
}

// A known session is what the cache holds. It is shared and not changed.
type known struct {
	identity *edgeward.Identity
	at       *places // nil where it is used by its own cookie alone, as most are
}

// places are the hosts that the row notes, or would if it could be written.
type places struct{ hosts []string }

func (m *Manager) known(id *edgeward.Identity, hosts []string) *known {
	if len(hosts) == 0 {
		return &known{identity: id}
	}
	return &known{id, &places{m.names.sharedAll(hosts)}}
}

// covers reports whether a use at host, "" for the session's own cookie, needs no
// note in the row.
func (k *known) covers(host string) bool {
	return host == "" || k.at != nil && hosthandle.Noted(k.at.hosts, host)
}

// at returns the session as used at host, and whether that is news for its row.
func (s *Session) at(host string) (used Session, news bool) {
	used = *s
	if host == "" || hosthandle.Noted(s.Hosts, host) {
		return used, false
	}
	used.Hosts = append(slices.Clone(s.Hosts), host)
	return used, len(used.row()) <= maxRow
}
