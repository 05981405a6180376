package config

import (
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// checkTransports checks what the keys of a listener demand of each other.
func (d *decoder) checkTransports(top *document.Node, c *Config) {
	for _, l := range c.Listeners() {
		section := top.Field(l.Section())
		refuse := func(key, remedy, format string, args ...any) {
			if at := section.Field(key); at != nil {
				d.Refuse(at.Place, remedy, format, args...)
			}
		}
		if l.TLS == nil {
			refuse("redirect", "add tls, or remove it", "there is no HTTPS to lead to")
		} else {
			if l.H2C {
				refuse("h2c", "remove it", "with tls clients choose HTTP/2 by themselves (ALPN), and nothing else is spoken")
			}
			l.TLS.Check(&d.Reader, section.Field("tls"), func() []string { return c.ordered(l, top) })
		}
		if l.Address != "" && !transport.OnSocket(l.Address) {
			refuse("socket_mode", "remove it, or listen on a Unix socket: unix:/run/edgeward/"+l.Section()+".sock", "%s is no Unix socket", l.Address)
		}
	}
}

// ordered returns the hosts that a listener answers for, each of which gets a
// certificate, and no name with a wildcard, which cannot be proven by HTTP: those of
// its section, of the trees, and where users sign in; of the operators' one, where
// browsers find it.
func (c *Config) ordered(l Listener, top *document.Node) []string {
	names := slices.Clone(l.Hosts)
	if l.Key == AdminListen {
		names = append(names, hostOf(c.Admin.Origin))
	} else if c.Login != nil {
		names = append(names, hostOf(c.Login.Origin))
	}
	if trees := top.Field("hosts"); trees != nil && l.Key == ProxyListen {
		for _, f := range trees.Fields {
			names = append(names, f.Key.Text)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return rule.Ordered(name) != nil })
	slices.Sort(names)
	return slices.Compact(names)
}

func hostOf(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return canonical.Hostname(host)
}
