package config

import (
	"github.com/edgeward/edgeward/claim"
	"github.com/edgeward/edgeward/internal/setup/config/claims"
	"time"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/config/connection"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/userpath"
)

var loginTable = table[*Login]{
	Name: "login",
	Keys: []key[*Login]{
		{Name: "origin", Kind: "URL", Required: true,
			Read: func(d *decoder, n *document.Node, l *Login) { l.Origin = d.rules.origin(d, n) }},
		{Name: "prefix", Kind: "path", Read: func(d *decoder, n *document.Node, l *Login) { l.Prefix = userpath.Prefix(d.rules.userPrefix(d, n)) }},
		{Name: "outcome", Kind: "`session`, `tokens` or `both`", Read: func(d *decoder, n *document.Node, l *Login) { l.Outcome = d.outcome(n) }},
		{Name: "return_to", Kind: "list of URLs", Read: func(d *decoder, n *document.Node, l *Login) {
			l.ReturnTo = d.Texts(n, "[https://www.example.com/]", d.each(d.rules.returnTo))
		}},
		{Name: "pages", Kind: "mapping", Read: func(d *decoder, n *document.Node, l *Login) {
			pagesTable.Read(&d.Reader, d, n, &l.Pages)
			d.rules.brand(d, n, &l.Pages)
		}},
		{Name: "sign_ins", Kind: "mapping", Read: func(d *decoder, n *document.Node, l *Login) { signInsTable.Read(&d.Reader, d, n, &l.SignIns) }},
		{Name: "providers", Kind: "list of mappings", Required: true,
			Read: func(d *decoder, n *document.Node, l *Login) { l.Providers = d.providers(n) }},
	},
}

var signInsTable = table[*issuance.Bounds]{
	Name: "sign_ins",
	Keys: []key[*issuance.Bounds]{
		{Name: "per_user", Kind: "whole number", Read: func(d *decoder, n *document.Node, b *issuance.Bounds) {
			b.PerUser = d.Whole(n, 1, issuance.MaxPerUser)
		}},
		{Name: "per_provider_session", Kind: "whole number", Read: func(d *decoder, n *document.Node, b *issuance.Bounds) {
			b.PerSession = d.Whole(n, 1, issuance.MaxPerSession)
		}},
		{Name: "burst", Kind: "whole number", Read: func(d *decoder, n *document.Node, b *issuance.Bounds) {
			b.Burst = d.Whole(n, 1, issuance.MaxBurst)
		}},
		{Name: "interval", Kind: "duration", Read: func(d *decoder, n *document.Node, b *issuance.Bounds) {
			b.Interval = d.Duration(n, time.Second, time.Hour, "")
		}},
	},
}

var providerTable = table[*Provider]{
	Name: "a provider",
	Keys: []key[*Provider]{
		{Name: "name", Kind: "text", Required: true,
			Read: func(d *decoder, n *document.Node, p *Provider) { p.Name = d.rules.providerName(d, n) }},
		{Name: "label", Kind: "text", Read: func(d *decoder, n *document.Node, p *Provider) { p.Label, _ = d.Text(n, "Example") }},
		{Name: "type", Kind: "`github`, `discord` or `bitbucket`", Read: func(d *decoder, n *document.Node, p *Provider) { p.Type, _ = d.Choice(n, typeNames()) }},
		{Name: "base_url", Kind: "URL", Read: func(d *decoder, n *document.Node, p *Provider) {
			p.BaseURL = d.rules.secureLink(d, n, "https://github.example.com")
		}},
		{Name: "issuer", Kind: "URL", Required: true, Unless: "type",
			Read: func(d *decoder, n *document.Node, p *Provider) {
				if p.Issuer = d.rules.secureLink(d, n, "https://id.example.com/"); p.Issuer != "" {
					p.Issuer = d.rules.issuerName(d, n)
				}
			}},
		{Name: "client_id", Kind: "text", Required: true,
			Read: func(d *decoder, n *document.Node, p *Provider) { p.ClientID, _ = d.Text(n, "edgeward") }},
		{Name: "client_secret", Kind: "env:NAME or file:PATH", Secret: true,
			Read: func(d *decoder, n *document.Node, p *Provider) { p.ClientSecret, _ = d.secret(n) }},
		{Name: "client_auth", Kind: "`client_secret_basic`, `client_secret_post` or `private_key_jwt`", Read: func(d *decoder, n *document.Node, p *Provider) {
			p.ClientAuth, _ = d.Choice(n, connection.ClientAuths())
		}},
		{Name: "audiences", Kind: "list of text", Read: func(d *decoder, n *document.Node, p *Provider) {
			p.Audiences = d.Texts(n, "[https://api.example.com]", nil)
		}},
		{Name: "scopes", Kind: "list of text", Read: func(d *decoder, n *document.Node, p *Provider) {
			p.Scopes = d.Texts(n, "[openid, profile]", d.each(d.rules.scope))
		}},
		{Name: "algorithms", Kind: "list of text", Read: func(d *decoder, n *document.Node, p *Provider) { p.Algorithms = d.rules.publicAlgorithms(d, n) }},
		{Name: "subject", Kind: "claim", Read: func(d *decoder, n *document.Node, p *Provider) { d.claim(n, claims.Subject, &p.Claims) }},
		{Name: "username", Kind: "claim", Read: func(d *decoder, n *document.Node, p *Provider) { d.claim(n, claims.Username, &p.Claims) }},
		{Name: "email", Kind: "claim", Read: func(d *decoder, n *document.Node, p *Provider) { d.claim(n, claims.Email, &p.Claims) }},
		{Name: "email_verified", Kind: "`assumed`", Read: func(d *decoder, n *document.Node, p *Provider) { d.claim(n, claims.EmailVerified, &p.Claims) }},
		{Name: "display_name", Kind: "claim", Read: func(d *decoder, n *document.Node, p *Provider) { d.claim(n, claims.DisplayName, &p.Claims) }},
		{Name: "groups", Kind: "claim", Read: func(d *decoder, n *document.Node, p *Provider) { d.claim(n, claims.Groups, &p.Claims) }},
		{Name: "claims", Kind: "mapping", Read: func(d *decoder, n *document.Node, p *Provider) { d.claim(n, claims.Claims, &p.Claims) }},
		{Name: "permissions", Kind: "mapping", Read: func(d *decoder, n *document.Node, p *Provider) { d.claim(n, claims.Permissions, &p.Claims) }},
		{Name: "allow", Kind: "list of alternatives", Read: func(d *decoder, n *document.Node, p *Provider) { d.allowed(n, &p.Allow) }},
		{Name: "recheck", Kind: "duration", Read: func(d *decoder, n *document.Node, p *Provider) {
			p.Recheck = d.Duration(n, time.Minute, 24*time.Hour, ": what was taken away at the provider would hold here that long")
		}},
	},
}

var (
	defaultScopes = []string{"openid", "profile"}

	// standardClaims are those of OpenID Connect Core §5.1.
	standardClaims = claim.Map{Username: claim.Source{Name: "preferred_username"}, Email: claim.Source{Name: "email"}, Name: claim.Source{Name: "name"}}
)
