package config

import (
	"slices"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// checkSections checks what a section demands of another.
func (d *decoder) checkSections(top *document.Node, c *Config) {
	d.checkDoors(top, c)
	d.checkClients(top, c)
	d.checkTransports(top, c)
}

// checkWhole checks what only the sections and the routes together show.
func (d *decoder) checkWhole(top *document.Node, c *Config) {
	d.checkMentions(top, c)
	d.checkMemory(top, c)
}

// checkMemory checks what only several sections together show of what is
// remembered.
func (d *decoder) checkMemory(top *document.Node, c *Config) {
	d.checkStore(top, c)
	d.checkTokens(top, c)
	d.checkNeeds(top, c)
	d.checkLoopback(top, c)
	d.checkLogin(top, c)
	for _, m := range d.asked {
		for _, s := range strategies {
			if s.name == m.name && s.key != "" && top.Field(s.key) == nil {
				d.Refuse(m.Place, s.remedy, "%q needs %s, which is not configured", s.name, s.key)
			}
		}
	}
	if top.Field("store") != nil {
		return
	}
	for _, at := range d.stale {
		d.Refuse(at, storeRemedy, "without a store nothing is ever revoked, so nothing can be stale")
	}
}

// makers are the keys of tokens that only together make access tokens, and
// tuners those that mean nothing without them.
var (
	makers = []string{"issuer", "audience", "keys"}
	tuners = []string{"access_lifetime", "refresh_lifetime", "refresh_grace"}
)

func (d *decoder) checkTokens(top *document.Node, c *Config) {
	n := top.Field("tokens")
	d.checkSecrets(n, &c.Tokens)
	keys := n.Field("keys")
	for _, name := range makers {
		if keys != nil && n.Field(name) == nil {
			d.Refuse(keys.Place, "add tokens."+name, "access tokens cannot be made without %s", name)
		}
	}
	if at := n.Field("issuer"); at != nil && keys != nil {
		d.secureLink(at, "https://api.example.com") // others find our keys below it (RFC 8414 §2)
	}
	for _, name := range append([]string{"audience"}, tuners...) {
		if at := n.Field(name); at != nil && keys == nil {
			d.Refuse(at.Place, "add tokens.keys: file:keyring.jwks; edgeward key rotate makes it", "without keys no access tokens are made")
		}
	}
	if at := n.Field("issuer"); at != nil && slices.ContainsFunc(c.Issuers, func(i Issuer) bool { return i.Rules.Issuer == at.Text && keys != nil }) {
		d.Refuse(at.Place, "give it a name of its own, or remove it from issuers", "issuer %q is in issuers too: one of them would be believed for the other", at.Text)
	}
	if at := n.Field("refresh_lifetime"); at != nil && c.Tokens.RefreshLifetime != 0 && c.Tokens.RefreshLifetime < c.Tokens.AccessLifetime {
		d.Refuse(at.Place, "at least "+schema.Short(c.Tokens.AccessLifetime)+", the life of an access token", "%s is too short", at.Text)
	}
}

// checkNeeds wants a store and a secret where they are needed.
func (d *decoder) checkNeeds(top *document.Node, c *Config) {
	for _, name := range []string{"sessions", "api_keys", "revocation", "login"} {
		if n := top.Index(name); n >= 0 && c.Store == nil && top.Field("store") == nil {
			d.Refuse(top.Fields[n].Key.Place, storeRemedy, "%s needs a store, and none is configured", name)
		}
	}
	for _, name := range []string{"login", "api_keys"} {
		if n := top.Index("personal_tokens"); n >= 0 && top.Field(name) == nil {
			d.Refuse(top.Fields[n].Key.Place, "add "+name+", or remove personal_tokens", "personal_tokens needs %s, which is not configured: users who sign in make them, and they are API keys", name)
		}
	}
	if top.Find("tokens.secret") != nil {
		return
	}
	at := []int{top.Index("sessions"), top.Index("api_keys"), top.Index("login")}
	if top.Find("tokens.keys") != nil {
		at = append(at, top.Index("store"))
	}
	for _, i := range at {
		if i >= 0 {
			d.Refuse(top.Fields[i].Key.Place, "add tokens: {secret: env:EDGEWARD_SECRET}; openssl rand -base64 48 makes a good one",
				"%s needs tokens.secret: what it hands out is protected by it", top.Fields[i].Key.Text)
		}
	}
}

// checkLoopback keeps what is for development on this machine.
func (d *decoder) checkLoopback(top *document.Node, c *Config) {
	refuse := func(key, why string) {
		if at := top.Find(key); at != nil && at.Kind == document.Boolean && at.Text == "true" && !c.onLoopback() {
			d.Refuse(at.Place, "remove it, or listen on 127.0.0.1", "%s is for the loopback address only: %s", key, why)
		}
	}
	for _, k := range storeKinds {
		if k.resident {
			refuse("store."+string(k.kind), "a restart would make everything live again that was revoked")
		}
	}
	refuse("sessions.insecure_http", "anyone who listens on the network could take sessions over")
}

// onLoopback reports whether only this machine can come to the doors.
func (c *Config) onLoopback() bool {
	for _, l := range c.Doors() {
		if transport.OnSocket(l.Address) {
			continue
		}
		host, _, ok := rule.SplitHostPort(l.Address)
		if ok && !canonical.IsLoopback(host) { // another mistake was reported
			return false
		}
	}
	return true
}
