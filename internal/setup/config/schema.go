package config

import (
	"time"

	"github.com/edgeward/edgeward/internal/setup/document"
)

// A draft is a Config that is still being read.
type draft struct {
	Config
	routes *document.Node // read once the file is, since it may name a folder
}

var rootTable = table[draft]{
	name:  "the configuration",
	title: "The file",
	about: "One YAML file, `edgeward.yaml` unless `--config` names another. Paths in it are relative to its folder. `edgeward serve` needs `proxy` or `forward_auth`; a Worker, and a Go program with package `edge`, need neither.",
	keys: []key[draft]{
		{name: "proxy", kind: "mapping", absent: "the door is closed", meaning: "The reverse proxy.",
			read: func(d *decoder, n *document.Node, c *draft) { c.Proxy = readNew(d, &proxyTable, n) }},
		{name: "forward_auth", kind: "mapping", absent: "the door is closed", meaning: "The endpoint `GET /verify` for nginx `auth_request`, Traefik `forwardAuth` and Caddy `forward_auth`.",
			read: func(d *decoder, n *document.Node, c *draft) { c.ForwardAuth = readNew(d, &forwardAuthTable, n) }},
		{name: "admin", kind: "mapping", absent: "listens on " + DefaultAdmin, meaning: "Health, readiness and metrics.",
			read: func(d *decoder, n *document.Node, c *draft) { adminTable.read(d, n, &c.Admin) }},
		{name: "trusted_proxies", kind: "list of CIDR blocks", absent: "no proxy is trusted", meaning: "The proxies in front whose `X-Forwarded-*` fields are believed and who may ask `forward_auth`. The loopback address is not implied; a block of length 0 is refused. A client whose address these proxies do not say in `X-Forwarded-For`, or say in a form that is no address, is unknown: its failed attempts are not counted, and API keys bound to networks are refused. Every peer on this machine or a private network that is not listed is unknown too, for it may be a balancer.",
			read: func(d *decoder, n *document.Node, c *draft) { c.TrustedProxies = d.prefixes(n) }},
		{name: "client_networks", kind: "list of CIDR blocks", absent: "none", meaning: "Private networks whose clients connect directly, or are named by a trusted proxy, so that an address of theirs is that of one client: no balancer and no NAT stands between. Their failed attempts are counted, and API keys can be bound to them. It may lie within a block of `trusted_proxies`, and holds none whole.",
			read: func(d *decoder, n *document.Node, c *draft) { c.ClientNetworks = d.prefixes(n) }},
		{name: "forward_headers", kind: "list of field names", absent: "none are", meaning: "Request header fields that are forwarded although they would be removed: names with a sign other than letters, digits and `-` (`api_key`), and `X-Auth-*` names that are none of Edgeward's (`X-Auth-Token`). See [Header fields](#header-fields).",
			read: func(d *decoder, n *document.Node, c *draft) { c.ForwardHeaders = d.forwardHeaders(n) }},
		{name: "routes", kind: "folder, or mapping", required: true, meaning: "What each path asks: the name of a folder, or the same tree inline, from file path without extension to statement (`api/_middleware: {authenticate: [bearer]}`). See [Routes](#routes).",
			read: func(_ *decoder, n *document.Node, c *draft) { c.routes = n }},
		{name: "issuers", kind: "list of mappings", absent: "no token is accepted", meaning: "Whose tokens are accepted. See [An issuer](#an-issuer).",
			read: func(d *decoder, n *document.Node, c *draft) { c.Issuers = d.issuerList(n) }},
		{name: "tokens", kind: "mapping", absent: "none are made", meaning: "Tokens that Edgeward itself makes.",
			read: func(d *decoder, n *document.Node, c *draft) { tokensTable.read(d, n, &c.Config) }},
		{name: "store", kind: "mapping", absent: "no state is kept, and nothing can be revoked", meaning: "Where sessions, refresh families, API keys and revocations are kept.",
			read: func(d *decoder, n *document.Node, c *draft) { c.Store = d.store(n) }},
		{name: "sessions", kind: "mapping", absent: "the strategy `session` is not there", meaning: "Sign-ins of browsers. `{}` is enough.",
			read: func(d *decoder, n *document.Node, c *draft) { c.Sessions = d.sessions(n) }},
		{name: "api_keys", kind: "mapping", absent: "the strategy `api_key` is not there", meaning: "Keys for machines. `{}` is enough.",
			read: func(d *decoder, n *document.Node, c *draft) { c.APIKeys = d.apiKeys(n) }},
		{name: "failures", kind: "mapping", absent: "its defaults, once there is a `store`; else no client is slowed down", meaning: "How many failed attempts a client may make.",
			read: func(d *decoder, n *document.Node, c *draft) { c.Failures = d.failures(n) }},
		{name: "revocation", kind: "mapping", absent: "its defaults, once there is a `store`", meaning: "How fresh the knowledge of revocations has to be.",
			read: func(d *decoder, n *document.Node, c *draft) { c.Revocation = d.revocation(n) }},
		{name: "login", kind: "mapping", absent: "no browser is led to a login", meaning: "Sign-ins at OpenID providers.",
			read: func(d *decoder, n *document.Node, c *draft) { c.Login = d.login(n) }},
	},
}

var proxyTable = table[Proxy]{
	name:  "proxy",
	title: "`proxy`",
	about: "The reverse proxy decides about every request and forwards those that are allowed. Clients speak HTTP/1.1 to it, or a web server in front does; upstreams by `https://` are asked by HTTP/2 where they speak it. Trailers of an answer reach a client that asks for them (`TE: trailers`); those of a request do not travel, and gRPC clients, which need HTTP/2, cannot use it.",
	keys: []key[Proxy]{
		{name: "listen", kind: "host:port", required: true, meaning: "Where clients connect. `:8080` means every interface. It takes a restart to change.",
			read: func(d *decoder, n *document.Node, p *Proxy) { p.Listen = d.address(n, true) }},
		{name: "upstream", kind: "URL", absent: "every route has to name its own", meaning: "Where allowed requests go, unless their route names another: `http://` or `https://`, without user name, query and dot segments.",
			read: func(d *decoder, n *document.Node, p *Proxy) { p.Upstream = d.upstream(n) }},
		{name: "hosts", kind: "list of host names", absent: "every host", meaning: "The hosts that it answers for, without a port: `app.example.com`, or `\"*.example.com\"` for every name below. Requests to others, Edgeward's own endpoints included, are answered 421 `unknown_host`. The rules of the routes do not look at the host, and an upstream with several virtual hosts chooses by it: list the ones that these rules are for. A health check has to name one of them.",
			read: func(d *decoder, n *document.Node, p *Proxy) { p.Hosts = d.hosts(n) }},
	},
}

var forwardAuthTable = table[ForwardAuth]{
	name:  "forward_auth",
	title: "`forward_auth`",
	about: "Another proxy asks before it forwards. Only peers in `trusted_proxies` may ask.",
	keys: []key[ForwardAuth]{
		{name: "listen", kind: "host:port", required: true, meaning: "Where the proxy asks. It takes a restart to change.",
			read: func(d *decoder, n *document.Node, f *ForwardAuth) { f.Listen = d.address(n, true) }},
		{name: "hosts", kind: "list of host names", absent: "every host", meaning: "The hosts that it answers about, as `proxy.hosts`.",
			read: func(d *decoder, n *document.Node, f *ForwardAuth) { f.Hosts = d.hosts(n) }},
	},
}

var adminTable = table[Admin]{
	name:  "admin",
	title: "`admin`",
	about: "`/healthz`, `/readyz`, `/metrics`, the control API below `/v1/` and the console, `/console`.",
	keys: []key[Admin]{
		{name: "listen", kind: "host:port", absent: "`" + DefaultAdmin + "`", meaning: "Where operators ask. An address that is not the loopback one has to be written out; an empty host is refused. It takes a restart to change.",
			read: func(d *decoder, n *document.Node, a *Admin) { a.Listen = d.address(n, false) }},
		{name: "origin", kind: "URL", absent: "`http://` and `listen`, for the loopback address with `sessions.insecure_http`", meaning: "Where browsers find the console, as in `login.origin`; below it stands the redirect URI of `admin.login`, `/console/callback`.",
			read: func(d *decoder, n *document.Node, a *Admin) { a.Origin = d.origin(n) }},
		{name: "login", kind: "text", absent: "the console asks for an API key with permission `admin`", meaning: "The `name` of a login provider where operators may sign in instead. Whom its `permissions` give `admin` may do everything.",
			read: func(d *decoder, n *document.Node, a *Admin) { a.Login, _ = d.text(n, "example") }},
		{name: "strict_readiness", kind: "true or false", absent: "`false`", meaning: "`/readyz` is 503 while the keys of *any* issuer or provider cannot be had. Without it such an issuer degrades its own routes, and the node is ready as long as any credential can be verified: another issuer's, a session, an API key; see [Readiness](operations.md#readiness).",
			read: func(d *decoder, n *document.Node, a *Admin) { a.StrictReadiness = d.boolean(n) }},
	},
}

var issuerTable = table[Issuer]{
	name:  "an issuer",
	title: "An issuer",
	about: "A member of `issuers`. Its keys come from `jwks_uri`, `keys` or `secret`; without any of them they are discovered: the metadata at `issuer` + `/.well-known/openid-configuration` names the key set, and has to name the same issuer; where there is none (404), that of RFC 8414. Several entries may have one `issuer` if no algorithm is in two of them. Tokens that do not look like most, and what is not supported, are in [issuers](issuers.md).",
	keys: []key[Issuer]{
		{name: "issuer", kind: "text", required: true, meaning: "The exact `iss` of its tokens, byte for byte. If its keys are remote, `http://` is only for the loopback address.",
			read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Issuer = d.issuerName(n) }},
		{name: "audiences", kind: "list of text", required: true, meaning: "Who we are: a token is accepted if its `aud` holds one of them, exactly. At least one.",
			read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Audiences = d.audiences(n) }},
		{name: "algorithms", kind: "list of text", absent: "`[RS256]`; with `secret` `[HS256]`; with `keys` those of the keys", meaning: "What it may sign with: `RS256` `RS384` `RS512` `PS256` `PS384` `PS512` `ES256` `ES384` `ES512` `EdDSA` (or by its newer name `Ed25519`); with `secret` one of `HS256` `HS384` `HS512`. `none` is refused.",
			read: func(d *decoder, n *document.Node, i *Issuer) { i.Algorithms = d.algorithms(n) }},
		{name: "jwks_uri", kind: "URL", absent: "discovered", meaning: "Where the key set is: `https://`, or `http://` on the loopback address.",
			read: func(d *decoder, n *document.Node, i *Issuer) {
				i.JWKSURI = d.secureLink(n, "https://id.example.com/.well-known/jwks.json")
			}},
		{name: "keys", kind: "file:PATH", absent: "discovered", secret: true, meaning: "A file with public keys: PEM, a JWK or a JWK set. It is read again when it changes.",
			read: func(*decoder, *document.Node, *Issuer) {}},
		{name: "secret", kind: "env:NAME or file:PATH", absent: "discovered", secret: true, meaning: "The HMAC secret that the issuer shares with us, at least as long as the hash (32 bytes for HS256). Its file must not be world-readable.",
			read: func(d *decoder, n *document.Node, i *Issuer) { i.Secret, _ = d.secret(n) }},
		{name: "types", kind: "list of text", absent: "`[\"\", jwt, at+jwt]`", meaning: "Allowed `typ` values, in lower case and without `application/`; `\"\"` stands for none. `[at+jwt]` keeps ID tokens out (RFC 9068).",
			read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Types = d.types(n) }},
		{name: "leeway", kind: "duration", absent: "`%v`", with: []any{defaultLeeway, maxLeeway}, meaning: "How far clocks may differ, at most %v.",
			read: func(d *decoder, n *document.Node, i *Issuer) { i.Rules.Leeway = d.leeway(n) }},
		{name: "max_lifetime", kind: "duration", absent: "`%v`", with: []any{defaultMaxLifetime}, meaning: "A token that claims to live longer is refused. Some issuers' do: [issuers](issuers.md#how-long-tokens-live).",
			read: func(d *decoder, n *document.Node, i *Issuer) {
				i.Rules.MaxLifetime = d.duration(n, time.Second, longest, "")
			}},
	},
}

var assertionTable = table[Assertion]{
	name:  "assertion",
	title: "`tokens.assertion`",
	about: "All three are needed.",
	keys: []key[Assertion]{
		{name: "key", kind: "file:PATH", required: true, secret: true, meaning: "The private key that signs, as JWK or PEM; `edgeward key new` makes one. Its file must not be world-readable.",
			read: func(d *decoder, n *document.Node, a *Assertion) { a.Signer = d.signer(n) }},
		{name: "issuer", kind: "text", required: true, meaning: "The assertion's `iss`: the name of this gateway.",
			read: func(d *decoder, n *document.Node, a *Assertion) {
				a.Issuer, _ = d.text(n, "https://gateway.example.com")
			}},
		{name: "audience", kind: "text", required: true, meaning: "The assertion's `aud`: the name of the upstream.",
			read: func(d *decoder, n *document.Node, a *Assertion) { a.Audience, _ = d.text(n, "https://app.example.com") }},
	},
}

const routesAbout = "A folder whose tree is the URL's tree, with a mapping of these keys in every file:\n\n" +
	"| file | holds for |\n|---|---|\n" +
	"| `a/_middleware.yaml` | `/a` and everything below |\n" +
	"| `a/index.yaml`, or `a.yaml` beside the folder | `/a` itself |\n" +
	"| `a/b.yaml` | `/a/b` |\n" +
	"| `a/[id].yaml`, `a/[id]/…` | any one segment below `/a` |\n" +
	"| `a/[[path]].yaml` | the rest of the path, one segment or more |\n\n" +
	"Key by key, a file nearer the leaf replaces what one above it says; within one file, what `methods` says of the request's method replaces the plain key. " +
	"A path that no file covers is refused, and so is one whose chain does not state `authenticate`.\n\nThe most specific match wins, segment by segment: a name, then `[id]`, then `[[path]]`, then the folder's own `_middleware`. A folder in which nothing fits, and which has no `_middleware` of its own, is left again: beside a public `t/[id]/_middleware.yaml`, a folder `t/admin/` with a single file guards that file only. Give it a `_middleware.yaml`; `edgeward explain` shows what holds.\n\n" +
	"Every file in the folder has to be a route. Exceptions are `README.md` and names that start with a dot, which are ignored (but not `.well-known`, which is a path). " +
	"Symbolic links are followed within the folder, as Kubernetes makes them; one that leads out of it is refused."
