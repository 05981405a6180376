package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

const (
	// maxCertificates bounds those of a listener, and the hosts that certificates are
	// ordered for: each is read at every start, or renewed by us.
	maxCertificates = 1000
	maxOrdered      = 100

	// unixPeer stands for the peers on Unix sockets in a list of networks.
	unixPeer = "unix"
)

func (d *decoder) tcpAddress(n *document.Node) string {
	return d.held(n, ":80", func(s string) *document.Fault { return rule.TCPAddress(s, true) })
}

func (d *decoder) email(n *document.Node) string { return d.held(n, "admin@example.com", rule.Email) }

// fileMode reads "0660".
func (d *decoder) fileMode(n *document.Node) uint32 {
	mode, err := strconv.ParseUint(n.Text, 8, 32)
	if n.Kind != document.Text && n.Kind != document.Number || err != nil || mode == 0 || mode > 0o777 {
		d.refuse(n.Place, `like this: "0660"`, "this is not the mode of a file, in octal")
		return 0
	}
	return uint32(mode)
}

// peers reads networks, and the word for Unix sockets.
func (d *decoder) peers(n *document.Node) (p Peers) {
	networks := *n
	networks.Items = nil
	for _, item := range n.Items {
		if item.Kind == document.Text && item.Text == unixPeer {
			p.Unix = true
		} else {
			networks.Items = append(networks.Items, item)
		}
	}
	p.Networks = d.prefixes(&networks)
	return p
}

func (d *decoder) certificates(n *document.Node) (all []Certificate) {
	const example = "[{certificate: file:tls.crt, key: file:tls.key}]"
	switch {
	case !d.is(n, document.List, example):
		return nil
	case len(n.Items) == 0 || len(n.Items) > maxCertificates:
		d.refuse(n.Place, fmt.Sprintf("1 to %d, like this: %s", maxCertificates, example), "these are %d certificates", len(n.Items))
	}
	for _, item := range n.Items {
		before := d.errs.Len()
		draft := certificateTable.readInto(d, item, &certificateDraft{})
		if d.errs.Len() > before {
			continue
		}
		c, fault := d.source.Certificate(draft.certificate, draft.key)
		at := cmp.Or(item.Field("certificate"), item).Place
		if d.about(item, at, fault) && slices.ContainsFunc(all, func(other Certificate) bool { return other.Name == c.Name }) {
			d.refuse(at, "keep one of them", "%q is here twice", c.Name)
		}
		all = append(all, c)
	}
	return all
}

// about is ok for a fault that may name a member of n.
func (d *decoder) about(n *document.Node, at document.Place, fault *document.Fault) bool {
	if fault != nil {
		if member := n.Field(fault.Member); member != nil {
			at = member.Place
		}
	}
	return d.ok(at, fault)
}

// authority reads the certificates that a server's is verified by.
func (d *decoder) authority(n *document.Node) []byte {
	name, ok := d.text(n, "file:ca.pem")
	if !ok {
		return nil
	}
	data, fault := d.source.Authority(name)
	d.ok(n.Place, fault)
	return data
}

// orderedHosts reads hosts that certificates are ordered for: names, exactly.
func (d *decoder) orderedHosts(n *document.Node) []string {
	return d.texts(n, "[app.example.com]", d.item(rule.Ordered))
}

// checkTransports checks what the keys of a listener demand of each other.
func (d *decoder) checkTransports(top *document.Node, c *Config) {
	for _, l := range c.Listeners() {
		section := top.Field(l.Section())
		refuse := func(key, remedy, format string, args ...any) {
			if at := section.Field(key); at != nil {
				d.refuse(at.Place, remedy, format, args...)
			}
		}
		if l.TLS == nil {
			refuse("redirect", "add tls, or remove it", "there is no HTTPS to lead to")
		} else {
			if l.H2C {
				refuse("h2c", "remove it", "with tls clients choose HTTP/2 by themselves (ALPN), and nothing else is spoken")
			}
			d.checkTLS(section.Field("tls"), l.TLS, func() []string { return c.ordered(l, top) })
		}
		if l.Address != "" && !OnSocket(l.Address) {
			refuse("socket_mode", "remove it, or listen on a Unix socket: unix:/run/edgeward/"+l.Section()+".sock", "%s is no Unix socket", l.Address)
		}
	}
}

// checkTLS wants certificates, and hosts that they are ordered for: names, where the
// file does not list them.
func (d *decoder) checkTLS(n *document.Node, t *TLS, names func() []string) {
	if n.Field("certificates") == nil && n.Field("acme") == nil {
		d.refuse(n.Place, "add certificates: [{certificate: file:tls.crt, key: file:tls.key}], or acme", "tls has no certificate")
	}
	if t.ACME == nil {
		return
	}
	if len(t.ACME.Hosts) == 0 {
		t.ACME.Hosts = names()
	}
	at := cmp.Or(n.Find("acme.hosts"), n.Field("acme"))
	switch {
	case len(t.ACME.Hosts) == 0:
		d.refuse(at.Place, "add acme.hosts: [app.example.com]", "nothing says which hosts certificates are ordered for: a client's word is not taken for it")
	case len(t.ACME.Hosts) > maxOrdered:
		d.refuse(at.Place, fmt.Sprintf("at most %d; name them in acme.hosts", maxOrdered), "certificates would be ordered for %d hosts", len(t.ACME.Hosts))
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
