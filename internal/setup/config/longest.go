package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/revocation"
)

// longest says how long a revocation has to be kept.
func (c *Config) longest() map[revocation.Scope]time.Duration {
	lives := issuance.Lifetimes{Family: c.Tokens.RefreshLifetime, APIKeys: c.APIKeys != nil}
	for i := range c.Issuers {
		lives.Issuers = append(lives.Issuers, &c.Issuers[i].Rules)
	}
	if c.Sessions != nil {
		lives.Session = c.Sessions.Lifetime
	}
	return lives.Retention()
}

// sameStore refuses what a running node cannot change about its store: another
// place, and credentials that would outlive the revocations already made.
func sameStore(old, c *Config) error {
	if before, after := old.Store.String(), c.Store.String(); before != after {
		return fmt.Errorf("config: store changed from %s to %s: restart edgeward for that; nothing was reloaded", before, after)
	}
	if c.Store != nil && *old.Store != *c.Store {
		return errors.New("config: store.audit_file_size or store.audit_files changed: restart edgeward for that; nothing was reloaded")
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
