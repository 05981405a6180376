package config

import (
	"time"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/session"
)

var tokensTable = table[*Config]{
	name: "tokens",
	keys: []key[*Config]{
		{name: "issuer", kind: "text", read: func(d *decoder, n *document.Node, c *Config) {
			c.Tokens.Issuer, _ = d.text(n, "https://api.example.com")
		}},
		{name: "audience", kind: "text", read: func(d *decoder, n *document.Node, c *Config) {
			c.Tokens.Audience, _ = d.text(n, "https://api.example.com")
		}},
		{name: "keys", kind: "file:PATH", secret: true,
			read: func(d *decoder, n *document.Node, c *Config) { d.keyRing(n, &c.Tokens) }},
		{name: "secret", kind: "env:NAME or file:PATH", secret: true,
			read: func(d *decoder, n *document.Node, c *Config) { c.Tokens.Root = d.root(n, false) }},
		{name: "previous_secrets", kind: "list of env:NAME or file:PATH", secret: true, read: func(d *decoder, n *document.Node, c *Config) { c.Tokens.Previous = d.roots(n) }},
		{name: "access_lifetime", kind: "duration", read: func(d *decoder, n *document.Node, c *Config) {
			c.Tokens.AccessLifetime = d.duration(n, time.Minute, maxAccess, ": it is accepted without a lookup until it expires")
		}},
		{name: "refresh_lifetime", kind: "duration", read: func(d *decoder, n *document.Node, c *Config) {
			c.Tokens.RefreshLifetime = d.duration(n, time.Minute, longest, "")
		}},
		{name: "refresh_grace", kind: "duration", read: func(d *decoder, n *document.Node, c *Config) { c.Tokens.RefreshGrace = d.grace(n) }},
		{name: "assertion", kind: "mapping", read: func(d *decoder, n *document.Node, c *Config) { d.rules.assertion(d, n, c) }},
	},
}

var sessionsTable = table[*Sessions]{
	name: "sessions",
	keys: []key[*Sessions]{
		{name: "cookie", kind: "text", read: func(d *decoder, n *document.Node, s *Sessions) { s.Cookie = d.rules.cookieName(d, n) }},
		{name: "idle", kind: "duration", read: func(d *decoder, n *document.Node, s *Sessions) { s.Idle = d.duration(n, time.Minute, longest, "") }},
		{name: "lifetime", kind: "duration", read: func(d *decoder, n *document.Node, s *Sessions) { s.Lifetime = d.duration(n, time.Minute, longest, "") }},
		{name: "insecure_http", kind: "true or false", read: func(d *decoder, n *document.Node, s *Sessions) { s.InsecureHTTP = d.boolean(n) }},
	},
}

var apiKeysTable = table[*APIKeys]{
	name: "api_keys",
	keys: []key[*APIKeys]{
		{name: "environment", kind: "text", read: func(d *decoder, n *document.Node, k *APIKeys) { k.Environment = d.rules.environment(d, n) }},
	},
}

var failuresTable = table[*Failures]{
	name: "failures",
	keys: []key[*Failures]{
		{name: "limit", kind: "whole number", read: func(d *decoder, n *document.Node, f *Failures) { f.Limit = d.whole(n, 1, maxFailures) }},
		{name: "window", kind: "duration", read: func(d *decoder, n *document.Node, f *Failures) {
			f.Window = d.duration(n, time.Minute, 24*time.Hour, "")
		}},
	},
}

var revocationTable = table[*Revocation]{
	name: "revocation",
	keys: []key[*Revocation]{
		{name: "max_staleness", kind: "duration", read: func(d *decoder, n *document.Node, r *Revocation) {
			r.MaxStaleness, _ = policy.ReadMaxStaleness(&value{d: d, n: n})
		}},
		{name: "when_stale", kind: "`ask` or `deny`", read: func(d *decoder, n *document.Node, r *Revocation) {
			r.WhenStale, _ = policy.ReadWhenStale(&value{d: d, n: n})
		}},
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
