package warn

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// certificates says which certificates no browser takes now. It stops nothing: a
// gateway has other hosts, and a restart must not be what takes them down.
func certificates(c *config.Config, now time.Time) (all []string) {
	for _, l := range c.Listeners() {
		if l.TLS == nil {
			continue
		}
		for _, s := range l.TLS.Certificates {
			switch {
			case now.After(s.NotAfter):
				all = append(all, fmt.Sprintf("%s.tls.certificates: %s expired on %s: renew it", l.Section(), s.Name, s.NotAfter.UTC().Format(time.RFC3339)))
			case now.Before(s.NotBefore):
				all = append(all, fmt.Sprintf("%s.tls.certificates: %s is not valid before %s: look at the clock of this machine, or wait", l.Section(), s.Name, s.NotBefore.UTC().Format(time.RFC3339)))
			}
		}
	}
	return all
}

// uncertified says which hosts of the configuration no certificate is for: browsers
// get the first of all, and warn their users.
func uncertified(c *config.Config) (all []string) {
	for _, l := range c.Doors() {
		if l.TLS == nil {
			continue
		}
		var bare []string
		for _, name := range named(c) {
			if !certified(l.TLS, name) && has(l.Hosts, "https://"+strings.Replace(name, "*", "any", 1)) {
				bare = append(bare, name)
			}
		}
		if n := len(bare); n > 3 {
			bare = append(bare[:3], fmt.Sprintf("%d more", n-3))
		}
		if len(bare) > 0 {
			all = append(all, fmt.Sprintf("%s.tls: no certificate is for %s: browsers are shown another one, and warn their users", l.Section(), strings.Join(bare, ", ")))
		}
	}
	return all
}

// named are the hosts that have routes, and the one where users sign in.
func named(c *config.Config) (all []string) {
	for name := range c.Hosts.Trees() {
		if name != "" {
			all = append(all, name)
		}
	}
	if c.Login == nil {
		return all
	}
	_, host, _ := strings.Cut(c.Login.Origin, "://")
	if host = canonical.Hostname(host); !slices.Contains(all, host) {
		all = append(all, host)
	}
	return all
}

// certified reports whether a certificate is for the host: "*." in one stands for one
// label (RFC 9525 §6.3). Of the names that a "*." of hosts covers, one is enough.
func certified(t *transport.TLS, host string) bool {
	var hosts []string
	for _, c := range t.Certificates {
		hosts = append(hosts, c.Hosts...)
	}
	if t.ACME != nil {
		hosts = append(hosts, t.ACME.Hosts...)
	}
	first, parent, _ := strings.Cut(host, ".")
	return slices.ContainsFunc(hosts, func(h string) bool {
		h = strings.ToLower(h)
		return h == host || h == "*."+parent || first == "*" && strings.HasSuffix(h, "."+parent)
	})
}
