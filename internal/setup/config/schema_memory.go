package config

import (
	"time"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/refresh"
	"github.com/edgeward/edgeward/session"
)

var tokensTable = table[Config]{
	name:  "tokens",
	title: "`tokens`",
	about: "Tokens that Edgeward makes. `issuer`, `audience` and `keys` go together and make access tokens, which `bearer` accepts; with `secret` and a `store` there are refresh tokens too.",
	keys: []key[Config]{
		{name: "issuer", kind: "text", absent: "no access tokens are made", meaning: "Their `iss`, and whose the identities of API keys are. A store keeps to the issuer that it was begun under: with another one what was revoked would come back, so it is refused.",
			read: func(d *decoder, n *document.Node, c *Config) {
				c.Tokens.Issuer, _ = d.text(n, "https://api.example.com")
			}},
		{name: "audience", kind: "text", absent: "no access tokens are made", meaning: "Their `aud`.",
			read: func(d *decoder, n *document.Node, c *Config) {
				c.Tokens.Audience, _ = d.text(n, "https://api.example.com")
			}},
		{name: "keys", kind: "file:PATH", absent: "no access tokens are made", secret: true, meaning: "The key ring that signs them, a private JWK set; `edgeward key rotate` makes it and puts new keys into it. It must not be world-readable, and is read again when it changes.",
			read: func(d *decoder, n *document.Node, c *Config) { d.keyRing(n, &c.Tokens) }},
		{name: "secret", kind: "env:NAME or file:PATH", absent: "no refresh tokens, sessions and API keys", secret: true, meaning: "At least 32 random bytes. What protects refresh tokens, session ids and API keys is derived from it: with another secret all of them would be void, so a store refuses any but the one that it was begun under, or that came after it. Its file must not be world-readable.",
			read: func(d *decoder, n *document.Node, c *Config) { c.Tokens.Root = d.root(n, false) }},
		{name: "previous_secrets", kind: "list of env:NAME or file:PATH", absent: "there were none", secret: true, with: []any{apikey.MaxPrevious}, meaning: "What `secret` was before, up to %v. Refresh tokens, sessions and API keys that were made with them hold, and a store that was begun under one keeps to the new `secret` from then on. See [Replacing the secret](operations.md#replacing-the-secret).",
			read: func(d *decoder, n *document.Node, c *Config) { c.Tokens.Previous = d.roots(n) }},
		{name: "access_lifetime", kind: "duration", absent: "`%v`", with: []any{keyring.DefaultLifetime}, meaning: "How long an access token lives, 1m to 24h; each is up to 5 %% shorter.",
			read: func(d *decoder, n *document.Node, c *Config) {
				c.Tokens.AccessLifetime = d.duration(n, time.Minute, maxAccess, ": it is accepted without a lookup until it expires")
			}},
		{name: "refresh_lifetime", kind: "duration", absent: "`%v`", with: []any{refresh.DefaultLifetime}, meaning: "How long a refresh family lives from its sign-in; no refresh extends it.",
			read: func(d *decoder, n *document.Node, c *Config) {
				c.Tokens.RefreshLifetime = d.duration(n, time.Minute, longest, "")
			}},
		{name: "refresh_grace", kind: "duration", absent: "`%v`", with: []any{refresh.DefaultGrace}, meaning: "How long after a refresh the token before and the new one give the same answer again, and nothing rotates, for parallel tabs and lost answers: 0s to 300s.",
			read: func(d *decoder, n *document.Node, c *Config) { c.Tokens.RefreshGrace = d.grace(n) }},
		{name: "assertion", kind: "mapping", absent: "nothing is asserted", meaning: "A signed statement of who is asking, for upstreams that want proof: `X-Auth-Assertion`, valid for 60 seconds, on routes with `assertion: true`.",
			read: func(d *decoder, n *document.Node, c *Config) { c.Assertion = readNew(d, &assertionTable, n) }},
	},
}

var sessionsTable = table[Sessions]{
	name:  "sessions",
	title: "`sessions`",
	about: "The strategy `session`: a cookie whose meaning stays in the store. Needs `store` and `tokens.secret`.",
	keys: []key[Sessions]{
		{name: "cookie", kind: "text", absent: "`" + session.CookieName + "`; with `insecure_http` `" + session.InsecureCookieName + "`", meaning: "The cookie's name. It begins with `__Host-`, so that no other host and no page without HTTPS can set it; with `insecure_http` it must not.",
			read: func(d *decoder, n *document.Node, s *Sessions) { s.Cookie = d.cookieName(n) }},
		{name: "idle", kind: "duration", absent: "`%v`", with: []any{session.DefaultIdle}, meaning: "A session ends when it was not used for so long.",
			read: func(d *decoder, n *document.Node, s *Sessions) { s.Idle = d.duration(n, time.Minute, longest, "") }},
		{name: "lifetime", kind: "duration", absent: "`%v`", with: []any{session.DefaultAbsolute}, meaning: "A session ends so long after its sign-in, whatever its use.",
			read: func(d *decoder, n *document.Node, s *Sessions) { s.Lifetime = d.duration(n, time.Minute, longest, "") }},
		{name: "insecure_http", kind: "true or false", absent: "`false`", meaning: "Give the cookie to browsers that come without HTTPS, for development. Only while `proxy` and `forward_auth` listen on the loopback address.",
			read: func(d *decoder, n *document.Node, s *Sessions) { s.InsecureHTTP = d.boolean(n) }},
	},
}

var apiKeysTable = table[APIKeys]{
	name:  "api_keys",
	title: "`api_keys`",
	about: "The strategy `api_key`: `X-API-Key`, or `Authorization: Bearer ew_…`. Needs `store` and `tokens.secret`.",
	keys: []key[APIKeys]{
		{name: "environment", kind: "text", absent: "`" + defaultEnvironment + "`", meaning: "Part of every key, so that one of another installation is refused unseen: 1 to 16 small letters and digits.",
			read: func(d *decoder, n *document.Node, k *APIKeys) { k.Environment = d.environment(n) }},
	},
}

var failuresTable = table[Failures]{
	name:  "failures",
	title: "`failures`",
	about: "A client with too many failed attempts has to wait: 429. Failed attempts (a wrong signature, an unknown or wrong API key, a forged session cookie or sign-in code) are counted by network: an IPv4 address (also as `64:ff9b::192.0.2.1`, as a translator writes it), or an IPv6 block of 64 bits. What another origin's page has a browser post to the token endpoints never counts, and at the control API a right key never waits.",
	keys: []key[Failures]{
		{name: "limit", kind: "whole number", absent: "`%v`", with: []any{defaultFailures}, meaning: "How many failed attempts in the window.",
			read: func(d *decoder, n *document.Node, f *Failures) { f.Limit = d.whole(n, 1, maxFailures) }},
		{name: "window", kind: "duration", absent: "`%v`", with: []any{defaultWindow}, meaning: "How long a failed attempt counts, 1m to 24h.",
			read: func(d *decoder, n *document.Node, f *Failures) {
				f.Window = d.duration(n, time.Minute, 24*time.Hour, "")
			}},
	},
}

var revocationTable = table[Revocation]{
	name:  "revocation",
	title: "`revocation`",
	about: "Every node holds all revocations in memory and knows how old its knowledge may be. These are defaults for all routes. Needs `store`.",
	keys: []key[Revocation]{
		{name: "max_staleness", kind: "duration", absent: "`%v`", with: []any{defaultStaleness, HeartbeatInterval + time.Second}, meaning: "How old it may be, 100ms to 24h. Below about %v most requests ask the store.",
			read: func(d *decoder, n *document.Node, r *Revocation) {
				r.MaxStaleness, _ = policy.ReadMaxStaleness(value{d, n})
			}},
		{name: "when_stale", kind: "`ask` or `deny`", absent: "`ask`", meaning: "What to do beyond that: ask the store about the credential, or answer 503.",
			read: func(d *decoder, n *document.Node, r *Revocation) { r.WhenStale, _ = policy.ReadWhenStale(value{d, n}) }},
	},
}

// HeartbeatInterval is how often a node proves that it hears of revocations. On
// SQLite it costs one fsync, which waiting writers share.
const HeartbeatInterval = 2 * time.Second

// The bounds and defaults of the tables.
const (
	defaultEnvironment = "live"
	defaultFailures    = 10
	defaultWindow      = time.Hour
	defaultStaleness   = 10 * time.Second
	maxAccess          = keyring.MaxLifetime
	maxFailures        = 1_000_000
)

// strategies are the ways to prove an identity, each with the key of the
// configuration that it needs, "" for none.
var strategies = []struct{ name, key, remedy string }{
	{bearer.Method, "", ""},
	{session.Method, "sessions", "add sessions: {} to the configuration"},
	{issuance.MethodCookie, "login", "add login to the configuration, with outcome: tokens"},
	{apikey.Method, "api_keys", "add api_keys: {} to the configuration"},
}
