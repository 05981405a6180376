package config

import (
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/userpath"
	"github.com/edgeward/edgeward/login"
)

var loginTable = table[*Login]{
	name: "login",
	keys: []key[*Login]{
		{name: "origin", kind: "URL", required: true,
			read: func(d *decoder, n *document.Node, l *Login) { l.Origin = d.rules.origin(d, n) }},
		{name: "prefix", kind: "path", read: func(d *decoder, n *document.Node, l *Login) { l.Prefix = userpath.Prefix(d.rules.userPrefix(d, n)) }},
		{name: "outcome", kind: "`session`, `tokens` or `both`", read: func(d *decoder, n *document.Node, l *Login) { l.Outcome = d.outcome(n) }},
		{name: "return_to", kind: "list of URLs", read: func(d *decoder, n *document.Node, l *Login) {
			l.ReturnTo = d.texts(n, "[https://www.example.com/]", d.each(d.rules.returnTo))
		}},
		{name: "pages", kind: "mapping", read: func(d *decoder, n *document.Node, l *Login) {
			pagesTable.read(d, n, &l.Pages)
			d.rules.brand(d, n, &l.Pages)
		}},
		{name: "providers", kind: "list of mappings", required: true,
			read: func(d *decoder, n *document.Node, l *Login) { l.Providers = d.providers(n) }},
	},
}

var providerTable = table[*Provider]{
	name: "a provider",
	keys: []key[*Provider]{
		{name: "name", kind: "text", required: true,
			read: func(d *decoder, n *document.Node, p *Provider) { p.Name = d.rules.providerName(d, n) }},
		{name: "label", kind: "text", read: func(d *decoder, n *document.Node, p *Provider) { p.Label, _ = d.text(n, "Example") }},
		{name: "issuer", kind: "URL", required: true,
			read: func(d *decoder, n *document.Node, p *Provider) {
				if p.Issuer = d.rules.secureLink(d, n, "https://id.example.com/"); p.Issuer != "" {
					p.Issuer = d.rules.issuerName(d, n)
				}
			}},
		{name: "client_id", kind: "text", required: true,
			read: func(d *decoder, n *document.Node, p *Provider) { p.ClientID, _ = d.text(n, "edgeward") }},
		{name: "client_secret", kind: "env:NAME or file:PATH", secret: true,
			read: func(d *decoder, n *document.Node, p *Provider) { p.ClientSecret, _ = d.secret(n) }},
		{name: "client_auth", kind: "`client_secret_basic` or `client_secret_post`", read: func(d *decoder, n *document.Node, p *Provider) { p.ClientAuth, _ = d.choice(n, clientAuths) }},
		{name: "audiences", kind: "list of text", read: func(d *decoder, n *document.Node, p *Provider) {
			p.Audiences = d.texts(n, "[https://api.example.com]", nil)
		}},
		{name: "scopes", kind: "list of text", read: func(d *decoder, n *document.Node, p *Provider) {
			p.Scopes = d.texts(n, "[openid, profile]", d.each(d.rules.scope))
		}},
		{name: "algorithms", kind: "list of text", read: func(d *decoder, n *document.Node, p *Provider) { p.Algorithms = d.rules.publicAlgorithms(d, n) }},
		{name: "permissions", kind: "mapping", read: func(d *decoder, n *document.Node, p *Provider) { permissionsTable.read(d, n, &p.Permissions) }},
	},
}

var permissionsTable = table[*login.Mapping]{
	name: "permissions of a provider",
	keys: []key[*login.Mapping]{
		{name: "claim", kind: "text", required: true,
			read: func(d *decoder, n *document.Node, p *login.Mapping) { p.Claim, _ = d.text(n, "roles") }},
		{name: "map", kind: "mapping", required: true,
			read: func(d *decoder, n *document.Node, p *login.Mapping) { p.Map = d.permissionMap(n) }},
	},
}

var (
	clientAuths   = []string{"client_secret_basic", "client_secret_post"}
	defaultScopes = []string{"openid", "profile"}
)
