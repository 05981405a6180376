package config

import (
	"slices"
	"time"

	"github.com/edgeward/edgeward/internal/setup/config/claims"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// A draft is a Config that is still being read.
type draft struct {
	Config
	hosts, routes *document.Node // read once the file is, since they may name folders
}

var rootTable = table[*draft]{
	Name: "the configuration",
	Keys: []key[*draft]{
		{Name: "proxy", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { c.Proxy = proxyTable.ReadInto(&d.Reader, d, n, &Proxy{}) }},
		{Name: "forward_auth", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { d.rules.forwardAuth(d, n, &c.Config) }},
		{Name: "upstreams", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { d.rules.upstreams(d, n, &c.Config) }},
		{Name: "admin", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { d.rules.admin(d, n, &c.Config) }},
		{Name: "trusted_proxies", Kind: "list of CIDR blocks", Read: func(d *decoder, n *document.Node, c *draft) {
			p := d.rules.peers(d, n)
			c.TrustedProxies, c.TrustedUnix = p.Networks, p.Unix
		}},
		{Name: "client_networks", Kind: "list of CIDR blocks", Read: func(d *decoder, n *document.Node, c *draft) { c.ClientNetworks = d.rules.prefixes(d, n) }},
		{Name: "forward_headers", Kind: "list of field names", Read: func(d *decoder, n *document.Node, c *draft) { c.ForwardHeaders = d.rules.forwardHeaders(d, n) }},
		{Name: "hosts", Kind: "mapping", Read: func(_ *decoder, n *document.Node, c *draft) { c.hosts = n }},
		{Name: "routes", Kind: "folder, or mapping", Required: true, Unless: "hosts",
			Read: func(_ *decoder, n *document.Node, c *draft) { c.routes = n }},
		{Name: "issuers", Kind: "list of mappings", Read: func(d *decoder, n *document.Node, c *draft) { c.Issuers = d.issuerList(n) }},
		{Name: "tokens", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { tokensTable.Read(&d.Reader, d, n, &c.Config) }},
		{Name: "store", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { c.Store = d.store(n) }},
		{Name: "sessions", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { c.Sessions = d.sessions(n) }},
		{Name: "api_keys", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { c.APIKeys = d.apiKeys(n) }},
		{Name: "personal_tokens", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { c.PersonalTokens = d.personalTokens(n) }},
		{Name: "failures", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { c.Failures = d.failures(n) }},
		{Name: "revocation", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { c.Revocation = d.revocation(n) }},
		{Name: "login", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *draft) { c.Login = d.login(n) }},
	},
}

// rows returns the keys of every table, in the order of the reference.
func rows() []row {
	upstream, health, tls, certificate, acme := transport.Rows()
	form, permissions := claims.Rows()
	return slices.Concat(
		rootTable.Rows(), proxyTable.Rows(), upstream, health, forwardAuthTable.Rows(), adminTable.Rows(), tls, certificate, acme, issuerTable.Rows(), tokensTable.Rows(),
		assertionTable.Rows(), storeTable.Rows(), sessionsTable.Rows(), apiKeysTable.Rows(), personalTokensTable.Rows(), failuresTable.Rows(),
		revocationTable.Rows(), loginTable.Rows(), signInsTable.Rows(), pagesTable.Rows(), colorsTable.Rows(), providerRows(), form, permissions)
}

var proxyTable = table[*Proxy]{
	Name: "proxy",
	Keys: []key[*Proxy]{
		{Name: "listen", Kind: "host:port, or unix:PATH", Required: true,
			Read: func(d *decoder, n *document.Node, p *Proxy) { p.Listen = d.rules.address(d, n, true) }},
		{Name: "upstream", Kind: "URL or name", Read: func(d *decoder, n *document.Node, p *Proxy) { p.Upstream = d.rules.upstream(d, n) }},
		{Name: "hosts", Kind: "list of host names", Read: func(d *decoder, n *document.Node, p *Proxy) { p.Hosts = d.rules.hosts(d, n) }},
		{Name: "tls", Kind: "mapping", Read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "tls", &p.Transport) }},
		{Name: "redirect", Kind: "host:port", Read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "redirect", &p.Transport) }},
		{Name: "h2c", Kind: "true or false", Read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "h2c", &p.Transport) }},
		{Name: "socket_mode", Kind: "text", Read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "socket_mode", &p.Transport) }},
		{Name: "proxy_protocol", Kind: "list of CIDR blocks", Read: func(d *decoder, n *document.Node, p *Proxy) { d.rules.transport(d, n, "proxy_protocol", &p.Transport) }},
	},
}

var forwardAuthTable = table[*ForwardAuth]{
	Name: "forward_auth",
	Keys: []key[*ForwardAuth]{
		{Name: "listen", Kind: "host:port, or unix:PATH", Required: true,
			Read: func(d *decoder, n *document.Node, f *ForwardAuth) { f.Listen = d.rules.address(d, n, true) }},
		{Name: "hosts", Kind: "list of host names", Read: func(d *decoder, n *document.Node, f *ForwardAuth) { f.Hosts = d.rules.hosts(d, n) }},
		{Name: "tls", Kind: "mapping", Read: func(d *decoder, n *document.Node, f *ForwardAuth) { d.rules.transport(d, n, "tls", &f.Transport) }},
		{Name: "h2c", Kind: "true or false", Read: func(d *decoder, n *document.Node, f *ForwardAuth) { d.rules.transport(d, n, "h2c", &f.Transport) }},
		{Name: "socket_mode", Kind: "text", Read: func(d *decoder, n *document.Node, f *ForwardAuth) {
			d.rules.transport(d, n, "socket_mode", &f.Transport)
		}},
		{Name: "proxy_protocol", Kind: "list of CIDR blocks", Read: func(d *decoder, n *document.Node, f *ForwardAuth) {
			d.rules.transport(d, n, "proxy_protocol", &f.Transport)
		}},
	},
}

var adminTable = table[*Admin]{
	Name: "admin",
	Keys: []key[*Admin]{
		{Name: "listen", Kind: "host:port, or unix:PATH", Read: func(d *decoder, n *document.Node, a *Admin) { a.Listen = d.rules.address(d, n, false) }},
		{Name: "origin", Kind: "URL", Read: func(d *decoder, n *document.Node, a *Admin) { a.Origin = d.rules.origin(d, n) }},
		{Name: "login", Kind: "text", Read: func(d *decoder, n *document.Node, a *Admin) { a.Login, _ = d.Text(n, "example") }},
		{Name: "strict_readiness", Kind: "true or false", Read: func(d *decoder, n *document.Node, a *Admin) { a.StrictReadiness = d.Boolean(n) }},
		{Name: "tls", Kind: "mapping", Read: func(d *decoder, n *document.Node, a *Admin) { d.rules.transport(d, n, "tls", &a.Transport) }},
		{Name: "socket_mode", Kind: "text", Read: func(d *decoder, n *document.Node, a *Admin) { d.rules.transport(d, n, "socket_mode", &a.Transport) }},
		{Name: "proxy_protocol", Kind: "list of CIDR blocks", Read: func(d *decoder, n *document.Node, a *Admin) { d.rules.transport(d, n, "proxy_protocol", &a.Transport) }},
	},
}

var issuerTable = table[*Issuer]{
	Name: "an issuer",
	Keys: []key[*Issuer]{
		{Name: "issuer", Kind: "text", Required: true,
			Read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Issuer = d.rules.issuerName(d, n) }},
		{Name: "audiences", Kind: "list of text", Required: true,
			Read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Audiences = d.audiences(n) }},
		{Name: "algorithms", Kind: "list of text", Read: func(d *decoder, n *document.Node, i *Issuer) { i.Algorithms = d.rules.algorithms(d, n) }},
		{Name: "jwks_uri", Kind: "URL", Read: func(d *decoder, n *document.Node, i *Issuer) {
			i.JWKSURI = d.rules.secureLink(d, n, "https://id.example.com/.well-known/jwks.json")
		}},
		{Name: "keys", Kind: "file:PATH", Secret: true,
			Read: func(*decoder, *document.Node, *Issuer) {}},
		{Name: "secret", Kind: "env:NAME or file:PATH", Secret: true,
			Read: func(d *decoder, n *document.Node, i *Issuer) { i.Secret, _ = d.secret(n) }},
		{Name: "types", Kind: "list of text", Read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Types = d.rules.types(d, n) }},
		{Name: "leeway", Kind: "duration", Read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Leeway = d.leeway(n) }},
		{Name: "max_lifetime", Kind: "duration", Read: func(d *decoder, n *document.Node, i *Issuer) {
			i.Rules.MaxLifetime = d.Duration(n, time.Second, longest, "")
		}},
		{Name: "subject", Kind: "claim", Read: func(d *decoder, n *document.Node, i *Issuer) { d.claim(n, claims.Subject, &i.Claims) }},
		{Name: "username", Kind: "claim", Read: func(d *decoder, n *document.Node, i *Issuer) { d.claim(n, claims.Username, &i.Claims) }},
		{Name: "email", Kind: "claim", Read: func(d *decoder, n *document.Node, i *Issuer) { d.claim(n, claims.Email, &i.Claims) }},
		{Name: "email_verified", Kind: "`assumed`", Read: func(d *decoder, n *document.Node, i *Issuer) { d.claim(n, claims.EmailVerified, &i.Claims) }},
		{Name: "display_name", Kind: "claim", Read: func(d *decoder, n *document.Node, i *Issuer) { d.claim(n, claims.DisplayName, &i.Claims) }},
		{Name: "groups", Kind: "claim", Read: func(d *decoder, n *document.Node, i *Issuer) { d.claim(n, claims.Groups, &i.Claims) }},
		{Name: "claims", Kind: "mapping", Read: func(d *decoder, n *document.Node, i *Issuer) { d.claim(n, claims.Claims, &i.Claims) }},
		{Name: "permissions", Kind: "mapping", Read: func(d *decoder, n *document.Node, i *Issuer) { d.claim(n, claims.Permissions, &i.Claims) }},
		{Name: "permission_claims", Kind: "list of text", Read: func(d *decoder, n *document.Node, i *Issuer) { i.PermissionClaims = d.permissionClaims(n) }},
	},
}

var assertionTable = table[*Assertion]{
	Name: "assertion",
	Keys: []key[*Assertion]{
		{Name: "key", Kind: "file:PATH", Required: true, Secret: true,
			Read: func(d *decoder, n *document.Node, a *Assertion) { a.Signer = d.signer(n) }},
		{Name: "issuer", Kind: "text", Required: true,
			Read: func(d *decoder, n *document.Node, a *Assertion) {
				a.Issuer, _ = d.Text(n, "https://gateway.example.com")
			}},
		{Name: "audience", Kind: "text", Required: true,
			Read: func(d *decoder, n *document.Node, a *Assertion) { a.Audience, _ = d.Text(n, "https://app.example.com") }},
	},
}
