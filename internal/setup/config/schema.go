package config

import (
	"slices"
	"time"

	"github.com/edgeward/edgeward/internal/setup/document"
)

// A draft is a Config that is still being read.
type draft struct {
	Config
	hosts, routes *document.Node // read once the file is, since they may name folders
}

var rootTable = table[*draft]{
	name: "the configuration",
	keys: []key[*draft]{
		{name: "proxy", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { c.Proxy = proxyTable.readInto(d, n, &Proxy{}) }},
		{name: "forward_auth", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { d.rules.forwardAuth(d, n, &c.Config) }},
		{name: "upstreams", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { d.rules.upstreams(d, n, &c.Config) }},
		{name: "admin", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { d.rules.admin(d, n, &c.Config) }},
		{name: "trusted_proxies", kind: "list of CIDR blocks", read: func(d *decoder, n *document.Node, c *draft) {
			p := d.rules.peers(d, n)
			c.TrustedProxies, c.TrustedUnix = p.Networks, p.Unix
		}},
		{name: "client_networks", kind: "list of CIDR blocks", read: func(d *decoder, n *document.Node, c *draft) { c.ClientNetworks = d.rules.prefixes(d, n) }},
		{name: "forward_headers", kind: "list of field names", read: func(d *decoder, n *document.Node, c *draft) { c.ForwardHeaders = d.rules.forwardHeaders(d, n) }},
		{name: "hosts", kind: "mapping", read: func(_ *decoder, n *document.Node, c *draft) { c.hosts = n }},
		{name: "routes", kind: "folder, or mapping", required: true, unless: "hosts",
			read: func(_ *decoder, n *document.Node, c *draft) { c.routes = n }},
		{name: "issuers", kind: "list of mappings", read: func(d *decoder, n *document.Node, c *draft) { c.Issuers = d.issuerList(n) }},
		{name: "tokens", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { tokensTable.read(d, n, &c.Config) }},
		{name: "store", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { c.Store = d.store(n) }},
		{name: "sessions", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { c.Sessions = d.sessions(n) }},
		{name: "api_keys", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { c.APIKeys = d.apiKeys(n) }},
		{name: "failures", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { c.Failures = d.failures(n) }},
		{name: "revocation", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { c.Revocation = d.revocation(n) }},
		{name: "login", kind: "mapping", read: func(d *decoder, n *document.Node, c *draft) { c.Login = d.login(n) }},
	},
}

// rows returns the keys of every table, in the order of the reference.
func rows() []row {
	return slices.Concat(
		rootTable.rows(), proxyTable.rows(), upstreamTable.rows(), healthTable.rows(), forwardAuthTable.rows(), adminTable.rows(), tlsTable.rows(), certificateTable.rows(), acmeTable.rows(), issuerTable.rows(), tokensTable.rows(),
		assertionTable.rows(), storeTable.rows(), sessionsTable.rows(), apiKeysTable.rows(), failuresTable.rows(),
		revocationTable.rows(), loginTable.rows(), pagesTable.rows(), colorsTable.rows(), providerTable.rows(), permissionsTable.rows())
}

var proxyTable = table[*Proxy]{
	name: "proxy",
	keys: []key[*Proxy]{
		{name: "listen", kind: "host:port, or unix:PATH", required: true,
			read: func(d *decoder, n *document.Node, p *Proxy) { p.Listen = d.rules.address(d, n, true) }},
		{name: "upstream", kind: "URL or name", read: func(d *decoder, n *document.Node, p *Proxy) { p.Upstream = d.rules.upstream(d, n) }},
		{name: "hosts", kind: "list of host names", read: func(d *decoder, n *document.Node, p *Proxy) { p.Hosts = d.rules.hosts(d, n) }},
		{name: "tls", kind: "mapping", read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "tls", &p.Transport) }},
		{name: "redirect", kind: "host:port", read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "redirect", &p.Transport) }},
		{name: "h2c", kind: "true or false", read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "h2c", &p.Transport) }},
		{name: "socket_mode", kind: "text", read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "socket_mode", &p.Transport) }},
		{name: "proxy_protocol", kind: "list of CIDR blocks", read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "proxy_protocol", &p.Transport) }},
	},
}

var forwardAuthTable = table[*ForwardAuth]{
	name: "forward_auth",
	keys: []key[*ForwardAuth]{
		{name: "listen", kind: "host:port, or unix:PATH", required: true,
			read: func(d *decoder, n *document.Node, f *ForwardAuth) { f.Listen = d.rules.address(d, n, true) }},
		{name: "hosts", kind: "list of host names", read: func(d *decoder, n *document.Node, f *ForwardAuth) { f.Hosts = d.rules.hosts(d, n) }},
		{name: "tls", kind: "mapping", read: func(d *decoder, n *document.Node, f *ForwardAuth) { d.rules.transport(d, n, "tls", &f.Transport) }},
		{name: "h2c", kind: "true or false", read: func(d *decoder, n *document.Node, f *ForwardAuth) { d.rules.transport(d, n, "h2c", &f.Transport) }},
		{name: "socket_mode", kind: "text", read: func(d *decoder, n *document.Node, f *ForwardAuth) {
			d.rules.transport(d, n, "socket_mode", &f.Transport)
		}},
		{name: "proxy_protocol", kind: "list of CIDR blocks", read: func(d *decoder, n *document.Node, f *ForwardAuth) {
			d.rules.transport(d, n, "proxy_protocol", &f.Transport)
		}},
	},
}

var adminTable = table[*Admin]{
	name: "admin",
	keys: []key[*Admin]{
		{name: "listen", kind: "host:port, or unix:PATH", read: func(d *decoder, n *document.Node, a *Admin) { a.Listen = d.rules.address(d, n, false) }},
		{name: "origin", kind: "URL", read: func(d *decoder, n *document.Node, a *Admin) { a.Origin = d.rules.origin(d, n) }},
		{name: "login", kind: "text", read: func(d *decoder, n *document.Node, a *Admin) { a.Login, _ = d.text(n, "example") }},
		{name: "strict_readiness", kind: "true or false", read: func(d *decoder, n *document.Node, a *Admin) { a.StrictReadiness = d.boolean(n) }},
		{name: "tls", kind: "mapping", read: func(d *decoder, n *document.Node, a *Admin) { d.rules.transport(d, n, "tls", &a.Transport) }},
		{name: "socket_mode", kind: "text", read: func(d *decoder, n *document.Node, a *Admin) { d.rules.transport(d, n, "socket_mode", &a.Transport) }},
		{name: "proxy_protocol", kind: "list of CIDR blocks", read: func(d *decoder, n *document.Node, a *Admin) { d.rules.transport(d, n, "proxy_protocol", &a.Transport) }},
	},
}

var issuerTable = table[*Issuer]{
	name: "an issuer",
	keys: []key[*Issuer]{
		{name: "issuer", kind: "text", required: true,
			read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Issuer = d.rules.issuerName(d, n) }},
		{name: "audiences", kind: "list of text", required: true,
			read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Audiences = d.audiences(n) }},
		{name: "algorithms", kind: "list of text", read: func(d *decoder, n *document.Node, i *Issuer) { i.Algorithms = d.rules.algorithms(d, n) }},
		{name: "jwks_uri", kind: "URL", read: func(d *decoder, n *document.Node, i *Issuer) {
			i.JWKSURI = d.rules.secureLink(d, n, "https://id.example.com/.well-known/jwks.json")
		}},
		{name: "keys", kind: "file:PATH", secret: true,
			read: func(*decoder, *document.Node, *Issuer) {}},
		{name: "secret", kind: "env:NAME or file:PATH", secret: true,
			read: func(d *decoder, n *document.Node, i *Issuer) { i.Secret, _ = d.secret(n) }},
		{name: "types", kind: "list of text", read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Types = d.rules.types(d, n) }},
		{name: "leeway", kind: "duration", read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Leeway = d.leeway(n) }},
		{name: "max_lifetime", kind: "duration", read: func(d *decoder, n *document.Node, i *Issuer) {
			i.Rules.MaxLifetime = d.duration(n, time.Second, longest, "")
		}},
	},
}

var assertionTable = table[*Assertion]{
	name: "assertion",
	keys: []key[*Assertion]{
		{name: "key", kind: "file:PATH", required: true, secret: true,
			read: func(d *decoder, n *document.Node, a *Assertion) { a.Signer = d.signer(n) }},
		{name: "issuer", kind: "text", required: true,
			read: func(d *decoder, n *document.Node, a *Assertion) {
				a.Issuer, _ = d.text(n, "https://gateway.example.com")
			}},
		{name: "audience", kind: "text", required: true,
			read: func(d *decoder, n *document.Node, a *Assertion) { a.Audience, _ = d.text(n, "https://app.example.com") }},
	},
}
