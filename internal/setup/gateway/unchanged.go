package gateway

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
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

// sameListeners refuses another address, and another way to speak there: listeners
// are opened once, at the start, and a configuration that is half in force is none.
func sameListeners(old, c *config.Config) error {
	if err := sameTransports(old, c); err != nil {
		return err
	}
	before, after := addresses(old), addresses(c)
	for _, key := range config.ListenKeys() {
		if before[key] != after[key] {
			return fmt.Errorf("config: %s changed from %q to %q: restart edgeward for that; nothing was reloaded", key, before[key], after[key])
		}
	}
	return nil
}

// sameTransports refuses what a listener is opened with. Certificates and versions
// of TLS can change.
func sameTransports(old, c *config.Config) error {
	before := map[string]transport.Transport{}
	for _, l := range old.Listeners() {
		before[l.Key] = l.Transport
	}
	for _, l := range c.Listeners() {
		b, section := before[l.Key], l.Section()
		for key, changed := range map[string]bool{
			"tls": (b.TLS == nil) != (l.TLS == nil), "h2c": b.H2C != l.H2C, "socket_mode": b.SocketMode != l.SocketMode,
			"redirect": b.Redirect != l.Redirect, "proxy_protocol": !b.ProxyProtocol.Equal(l.ProxyProtocol),
		} {
			if changed {
				return fmt.Errorf("config: %s.%s changed: restart edgeward for that; nothing was reloaded", section, key)
			}
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
