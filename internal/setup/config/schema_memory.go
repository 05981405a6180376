package config

import (
	"time"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/internal/issuance/browser"
	"github.com/edgeward/edgeward/internal/setup/config/tree"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/keyring"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/session"
)

var tokensTable = table[*Config]{
	Name: "tokens",
	Keys: []key[*Config]{
		{Name: "issuer", Kind: "text", Read: func(d *decoder, n *document.Node, c *Config) {
			c.Tokens.Issuer, _ = d.Text(n, "https://api.example.com")
		}},
		{Name: "audience", Kind: "text", Read: func(d *decoder, n *document.Node, c *Config) {
			c.Tokens.Audience, _ = d.Text(n, "https://api.example.com")
		}},
		{Name: "keys", Kind: "file:PATH", Secret: true,
			Read: func(d *decoder, n *document.Node, c *Config) { d.keyRing(n, &c.Tokens) }},
		{Name: "secret", Kind: "env:NAME or file:PATH", Secret: true,
			Read: func(d *decoder, n *document.Node, c *Config) { c.Tokens.Root = d.root(n, false) }},
		{Name: "previous_secrets", Kind: "list of env:NAME or file:PATH", Secret: true, Read: func(d *decoder, n *document.Node, c *Config) { c.Tokens.Previous = d.roots(n) }},
		{Name: "access_lifetime", Kind: "duration", Read: func(d *decoder, n *document.Node, c *Config) {
			c.Tokens.AccessLifetime = d.Duration(n, time.Minute, maxAccess, ": it is accepted without a lookup until it expires")
		}},
		{Name: "refresh_lifetime", Kind: "duration", Read: func(d *decoder, n *document.Node, c *Config) {
			c.Tokens.RefreshLifetime = d.Duration(n, time.Minute, longest, "")
		}},
		{Name: "refresh_grace", Kind: "duration", Read: func(d *decoder, n *document.Node, c *Config) { c.Tokens.RefreshGrace = d.grace(n) }},
		{Name: "assertion", Kind: "mapping", Read: func(d *decoder, n *document.Node, c *Config) { d.rules.assertion(d, n, c) }},
	},
}

var sessionsTable = table[*Sessions]{
	Name: "sessions",
	Keys: []key[*Sessions]{
		{Name: "cookie", Kind: "text", Read: func(d *decoder, n *document.Node, s *Sessions) { s.Cookie = d.rules.cookieName(d, n) }},
		{Name: "idle", Kind: "duration", Read: func(d *decoder, n *document.Node, s *Sessions) { s.Idle = d.Duration(n, time.Minute, longest, "") }},
		{Name: "lifetime", Kind: "duration", Read: func(d *decoder, n *document.Node, s *Sessions) { s.Lifetime = d.Duration(n, time.Minute, longest, "") }},
		{Name: "insecure_http", Kind: "true or false", Read: func(d *decoder, n *document.Node, s *Sessions) { s.InsecureHTTP = d.Boolean(n) }},
	},
}

var apiKeysTable = table[*APIKeys]{
	Name: "api_keys",
	Keys: []key[*APIKeys]{
		{Name: "environment", Kind: "text", Read: func(d *decoder, n *document.Node, k *APIKeys) { k.Environment = d.rules.environment(d, n) }},
	},
}

var personalTokensTable = table[*PersonalTokens]{
	Name: "personal_tokens",
	Keys: []key[*PersonalTokens]{
		{Name: "max_lifetime", Kind: "duration", Read: func(d *decoder, n *document.Node, p *PersonalTokens) {
			p.MaxLifetime = d.Duration(n, time.Hour, longest, "")
		}},
		{Name: "per_user", Kind: "whole number", Read: func(d *decoder, n *document.Node, p *PersonalTokens) { p.PerUser = d.Whole(n, 1, apikey.MaxPersonal) }},
		{Name: "confirm_within", Kind: "duration", Read: func(d *decoder, n *document.Node, p *PersonalTokens) {
			p.ConfirmWithin = d.Duration(n, time.Hour, longest, "")
		}},
	},
}

var failuresTable = table[*Failures]{
	Name: "failures",
	Keys: []key[*Failures]{
		{Name: "limit", Kind: "whole number", Read: func(d *decoder, n *document.Node, f *Failures) { f.Limit = d.Whole(n, 1, maxFailures) }},
		{Name: "window", Kind: "duration", Read: func(d *decoder, n *document.Node, f *Failures) {
			f.Window = d.Duration(n, time.Minute, 24*time.Hour, "")
		}},
	},
}

var revocationTable = table[*Revocation]{
	Name: "revocation",
	Keys: []key[*Revocation]{
		{Name: "max_staleness", Kind: "duration", Read: func(d *decoder, n *document.Node, r *Revocation) {
			r.MaxStaleness, _ = policy.ReadMaxStaleness(tree.Value(&d.Reader, n))
		}},
		{Name: "when_stale", Kind: "`ask` or `deny`", Read: func(d *decoder, n *document.Node, r *Revocation) {
			r.WhenStale, _ = policy.ReadWhenStale(tree.Value(&d.Reader, n))
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
	defaultPersonal    = 365 * 24 * time.Hour
	defaultPerUser     = 20
	defaultConfirm     = 90 * 24 * time.Hour
	maxAccess          = keyring.MaxLifetime
	maxFailures        = 1_000_000
)

// strategies are the ways to prove an identity, each with the key of the
// configuration that it needs, "" for none.
var strategies = []struct{ name, key, remedy string }{
	{bearer.Method, "", ""},
	{session.Method, "sessions", "add sessions: {} to the configuration"},
	{browser.MethodCookie, "login", "add login to the configuration, with outcome: tokens"},
	{apikey.Method, "api_keys", "add api_keys: {} to the configuration"},
	{apikey.MethodPersonal, "personal_tokens", "add personal_tokens: {} to the configuration"},
}
