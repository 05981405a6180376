package gateway

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/edgeward/edgeward/internal/setup/config"
)

// sameStore refuses what a running node cannot change about its store: another
// place, and credentials that would outlive the revocations already made.
func sameStore(old, c *config.Config) error {
	if before, after := old.Store.String(), c.Store.String(); before != after {
		return fmt.Errorf("config: store changed from %s to %s: restart edgeward for that; nothing was reloaded", before, after)
	}
	if c.Store != nil && *old.Store != *c.Store {
		return errors.New("config: store.audit_file_size or store.audit_files changed: restart edgeward for that; nothing was reloaded")
	}
	before, after := old.Retention(), c.Retention()
	for _, scope := range slices.Sorted(maps.Keys(before)) {
		if d, bounded := after[scope]; c.Store != nil && (!bounded || d > before[scope]) {
			return fmt.Errorf("config: what can be revoked by %s lives longer than before: restart edgeward for that; nothing was reloaded", scope)
		}
	}
	return nil
}

// sameListeners refuses another address: listeners are opened once, at the
// start, and a configuration that is half in force is none.
func sameListeners(old, c *config.Config) error {
	before, after := addresses(old), addresses(c)
	for _, key := range config.ListenKeys() {
		if before[key] != after[key] {
			return fmt.Errorf("config: %s changed from %q to %q: restart edgeward for that; nothing was reloaded", key, before[key], after[key])
		}
	}
	return nil
}

func addresses(c *config.Config) map[string]string {
	all := map[string]string{}
	for _, l := range c.Listeners() {
		all[l.Key] = l.Address
	}
	return all
}
