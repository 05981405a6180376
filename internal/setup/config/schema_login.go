package config

import (
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/login"
)

var loginTable = table[Login]{
	name:  "login",
	title: "`login`",
	about: "Users sign in at an OpenID provider and come back to the page that they asked for. The endpoints are below `/auth/`, on the listeners of `proxy` and `forward_auth`; register `origin` + `/auth/callback` as the redirect URI at the provider. Needs `store` and `tokens.secret`.",
	keys: []key[Login]{
		{name: "origin", kind: "URL", required: true, meaning: "Where browsers find this gateway: `https://host[:port]`, in lower case and without a path. `http://` is for the loopback address with `sessions.insecure_http`. Only requests to this origin are led to the login.",
			read: func(d *decoder, n *document.Node, l *Login) { l.Origin = d.origin(n) }},
		{name: "outcome", kind: "`session`, `tokens` or `both`", absent: "`session`", meaning: "What a sign-in gives: a session (needs `sessions`), an access and a refresh token in cookies, for the strategy `cookie` (needs `tokens.keys`), or both.",
			read: func(d *decoder, n *document.Node, l *Login) { l.Outcome = d.outcome(n) }},
		{name: "return_to", kind: "list of URLs", absent: "only pages of `origin`", meaning: "Further pages to which a sign-in may lead, each exactly as it is sent.",
			read: func(d *decoder, n *document.Node, l *Login) {
				l.ReturnTo = d.texts(n, "[https://www.example.com/]", d.returnTo)
			}},
		{name: "providers", kind: "list of mappings", required: true, meaning: "Where users sign in. With more than one they choose. See [A provider](#a-provider).",
			read: func(d *decoder, n *document.Node, l *Login) { l.Providers = d.providers(n) }},
	},
}

var providerTable = table[Provider]{
	name:  "a provider",
	title: "A provider",
	about: "A member of `login.providers`. Its endpoints and keys are discovered at `issuer` + `/.well-known/openid-configuration`, which has to name the same issuer. Guides for Auth0, Google and Keycloak are in [login](login.md).",
	keys: []key[Provider]{
		{name: "name", kind: "text", required: true, meaning: "What it is called in links and logs: up to 32 small letters, digits and `-`. With `outcome: tokens` it begins the subject (`name|sub`), so it stays.",
			read: func(d *decoder, n *document.Node, p *Provider) { p.Name = d.providerName(n) }},
		{name: "label", kind: "text", absent: "its `name`", meaning: "What it is called on pages.",
			read: func(d *decoder, n *document.Node, p *Provider) { p.Label, _ = d.text(n, "Example") }},
		{name: "issuer", kind: "URL", required: true, meaning: "The exact `iss` of its ID tokens, byte for byte. `http://` is only for the loopback address.",
			read: func(d *decoder, n *document.Node, p *Provider) {
				if p.Issuer = d.secureLink(n, "https://id.example.com/"); p.Issuer != "" {
					p.Issuer = d.issuerName(n)
				}
			}},
		{name: "client_id", kind: "text", required: true, meaning: "Who we are there.",
			read: func(d *decoder, n *document.Node, p *Provider) { p.ClientID, _ = d.text(n, "edgeward") }},
		{name: "client_secret", kind: "env:NAME or file:PATH", absent: "a public client, which PKCE protects", secret: true, meaning: "Its client secret. Its file must not be world-readable.",
			read: func(d *decoder, n *document.Node, p *Provider) { p.ClientSecret, _ = d.secret(n) }},
		{name: "client_auth", kind: "`client_secret_basic` or `client_secret_post`", absent: "`client_secret_basic`", meaning: "How the secret is sent.",
			read: func(d *decoder, n *document.Node, p *Provider) { p.ClientAuth, _ = d.choice(n, clientAuths) }},
		{name: "audiences", kind: "list of text", absent: "none: an ID token that names any is refused", meaning: "Further `aud` values that its ID tokens may have besides `client_id`, each exactly. A token that has one needs `azp` with our `client_id` (OpenID Connect Core §3.1.3.7).",
			read: func(d *decoder, n *document.Node, p *Provider) {
				p.Audiences = d.texts(n, "[https://api.example.com]", nil)
			}},
		{name: "scopes", kind: "list of text", absent: "`[%v]`", with: []any{&defaultScopes}, meaning: "What is asked for; `openid` is among them whatever the list says.",
			read: func(d *decoder, n *document.Node, p *Provider) { p.Scopes = d.texts(n, "[openid, profile]", d.scope) }},
		{name: "algorithms", kind: "list of text", absent: "`[RS256]`", meaning: "What it may sign ID tokens with, as for an issuer, but HMAC.",
			read: func(d *decoder, n *document.Node, p *Provider) { p.Algorithms = d.publicAlgorithms(n) }},
		{name: "permissions", kind: "mapping", absent: "users get none", meaning: "Which permissions users get.",
			read: func(d *decoder, n *document.Node, p *Provider) { permissionsTable.read(d, n, &p.Permissions) }},
	},
}

var permissionsTable = table[login.Mapping]{
	name:  "permissions of a provider",
	title: "`permissions` of a provider",
	about: "A claim of the ID token says which roles a user has, and the map which permissions a role has here. A value that the map does not name gives none. Both are needed.",
	keys: []key[login.Mapping]{
		{name: "claim", kind: "text", required: true, meaning: "The claim: a name, or a path with dots (`realm_access.roles`). It holds a text, words in a text, or a list of texts. A name that holds dots itself, such as a URL, is found before a path is.",
			read: func(d *decoder, n *document.Node, p *login.Mapping) { p.Claim, _ = d.text(n, "roles") }},
		{name: "map", kind: "mapping", required: true, meaning: "From value to permissions: `{editor: [articles:read, articles:write]}`.",
			read: func(d *decoder, n *document.Node, p *login.Mapping) { p.Map = d.permissionMap(n) }},
	},
}

var (
	clientAuths   = []string{"client_secret_basic", "client_secret_post"}
	defaultScopes = []string{"openid", "profile"}
)
