package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/edgeward/edgeward/revocation"
)

// longest says how long a revocation has to be kept, by what it names: as long
// as such a credential can live. Keys and issuers are not here, for they go on
// making tokens; nor are API keys, which may never end, nor what they name.
func (c *Config) longest() map[revocation.Scope]time.Duration {
	token := maxAccess + defaultLeeway
	for i := range c.Issuers {
		r := &c.Issuers[i].Rules
		token = max(token, cmp.Or(r.MaxLifetime, defaultMaxLifetime)+cmp.Or(max(r.Leeway, 0), defaultLeeway))
	}
	session := token
	if c.Sessions != nil {
		session = max(token, c.Sessions.Lifetime)
	}
	family := max(token, c.Tokens.RefreshLifetime+maxAccess)
	all := map[revocation.Scope]time.Duration{revocation.Token: token, revocation.Session: session, revocation.Family: family}
	if c.APIKeys == nil {
		all[revocation.Subject], all[revocation.Logout] = max(session, family), max(session, family)
	}
	return all
}

// sameStore refuses what a running node cannot change about its store: another
// place, and credentials that would outlive the revocations already made.
func sameStore(old, c *Config) error {
	if before, after := old.Store.String(), c.Store.String(); before != after {
		return fmt.Errorf("config: store changed from %s to %s: restart edgeward for that; nothing was reloaded", before, after)
	}
	before, after := old.longest(), c.longest()
	for _, scope := range slices.Sorted(maps.Keys(before)) {
		if d, bounded := after[scope]; c.Store != nil && (!bounded || d > before[scope]) {
			return fmt.Errorf("config: what can be revoked by %s lives longer than before: restart edgeward for that; nothing was reloaded", scope)
		}
	}
	return nil
}

// String names the place, for messages.
func (s *Store) String() string {
	switch {
	case s == nil:
		return "none"
	case s.Memory:
		return "memory"
	default:
		return s.Path
	}
}
