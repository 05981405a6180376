package config

import (
	"github.com/edgeward/edgeward/internal/setup/document"
)

// transportTable has what the sections of listeners share. Each has rows of its own
// for those that make sense there.
var transportTable = table[*Transport]{
	name: "a listener",
	keys: []key[*Transport]{
		{name: "tls", kind: "mapping", read: func(d *decoder, n *document.Node, t *Transport) { t.TLS = tlsTable.readInto(d, n, &TLS{}) }},
		{name: "h2c", kind: "true or false", read: func(d *decoder, n *document.Node, t *Transport) { t.H2C = d.boolean(n) }},
		{name: "socket_mode", kind: "text", read: func(d *decoder, n *document.Node, t *Transport) { t.SocketMode = d.fileMode(n) }},
		{name: "proxy_protocol", kind: "list of CIDR blocks", read: func(d *decoder, n *document.Node, t *Transport) { t.ProxyProtocol = d.peers(n) }},
		{name: "redirect", kind: "host:port", read: func(d *decoder, n *document.Node, t *Transport) { t.Redirect = d.tcpAddress(n) }},
	},
}

// transport reads one key of the transportTable.
func (d *decoder) transport(n *document.Node, name string, t *Transport) {
	transportTable.keys[indexOf(transportTable.rows(), name)].read(d, n, t)
}

var tlsTable = table[*TLS]{
	name:    "tls",
	example: "{certificates: [{certificate: file:tls.crt, key: file:tls.key}]}",
	keys: []key[*TLS]{
		{name: "certificates", kind: "list of mappings", read: func(d *decoder, n *document.Node, t *TLS) { t.Certificates = d.certificates(n) }},
		{name: "min_version", kind: "text", read: func(d *decoder, n *document.Node, t *TLS) {
			version, _ := d.choice(asText(n), tlsVersions)
			t.Modern = version == tlsVersions[1]
		}},
		{name: "acme", kind: "mapping", read: func(d *decoder, n *document.Node, t *TLS) {
			t.ACME = acmeTable.readInto(d, n, &ACME{Directory: defaultDirectory})
		}},
	},
}

var tlsVersions = []string{"1.2", "1.3"}

// asText takes a number that stands for a text without quotes.
func asText(n *document.Node) *document.Node {
	if n.Kind != document.Number {
		return n
	}
	text := *n
	text.Kind = document.Text
	return &text
}

// A certificateDraft is where a certificate and its key are.
type certificateDraft struct{ certificate, key string }

var certificateTable = table[*certificateDraft]{
	name: "a certificate",
	keys: []key[*certificateDraft]{
		{name: "certificate", kind: "file:PATH", required: true,
			read: func(d *decoder, n *document.Node, c *certificateDraft) { c.certificate, _ = d.text(n, "file:tls.crt") }},
		{name: "key", kind: "file:PATH", required: true, secret: true,
			read: func(d *decoder, n *document.Node, c *certificateDraft) { c.key = n.Text }},
	},
}

var acmeTable = table[*ACME]{
	name: "acme",
	keys: []key[*ACME]{
		{name: "email", kind: "text", read: func(d *decoder, n *document.Node, a *ACME) { a.Email = d.email(n) }},
		{name: "directory", kind: "URL", read: func(d *decoder, n *document.Node, a *ACME) { a.Directory = d.rules.secureLink(d, n, defaultDirectory) }},
		{name: "ca", kind: "file:PATH", read: func(d *decoder, n *document.Node, a *ACME) { a.CA = d.authority(n) }},
		{name: "hosts", kind: "list of host names", read: func(d *decoder, n *document.Node, a *ACME) { a.Hosts = d.orderedHosts(n) }},
		{name: "cache", kind: "folder", required: true, read: func(d *decoder, n *document.Node, a *ACME) {
			if name, ok := d.text(n, "acme"); ok {
				a.Cache = d.source.Locate(name)
			}
		}},
	},
}
