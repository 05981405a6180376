package config

import (
	"net"
	"slices"
)

const storeRemedy = "add store: {path: edgeward.db}"

// checkMemory checks what only several sections together show of what is
// remembered.
func (d *decoder) checkMemory(top *node, c *Config) {
	d.checkStore(top, c)
	d.checkTokens(top, c)
	d.checkNeeds(top, c)
	d.checkLoopback(top, c)
	d.checkLogin(top, c)
	for _, m := range d.asked {
		for _, s := range strategies {
			if s.name == m.name && s.key != "" && top.field(s.key) == nil {
				d.refuse(m.place, s.remedy, "%q needs %s, which is not configured", s.name, s.key)
			}
		}
	}
	if top.field("store") != nil {
		return
	}
	for _, at := range d.stale {
		d.refuse(at, storeRemedy, "without a store nothing is ever revoked, so nothing can be stale")
	}
}

func (d *decoder) checkStore(top *node, c *Config) {
	n := top.field("store")
	if n == nil || n.kind != mapping {
		return
	}
	switch path := n.field("path"); {
	case path != nil && c.Store.Memory:
		d.refuse(path.place, "keep one of them", "a store is in a file or in memory")
	case path == nil && !c.Store.Memory:
		d.refuse(n.place, "like this: {path: edgeward.db}", "the store has no place")
	case path == nil:
		for _, name := range []string{"audit_file_size", "audit_files"} {
			if at := n.field(name); at != nil {
				d.refuse(at.place, "remove it, or name store.path", "beside a store in memory there is no audit log")
			}
		}
	}
}

func (d *decoder) store(n *node) *Store {
	s := &Store{AuditFileSize: defaultAuditFile}
	if !storeTable.read(d, n, s) {
		return nil
	}
	return s
}

// makers are the keys of tokens that only together make access tokens, and
// tuners those that mean nothing without them.
var (
	makers = []string{"issuer", "audience", "keys"}
	tuners = []string{"access_lifetime", "refresh_lifetime", "refresh_grace"}
)

func (d *decoder) checkTokens(top *node, c *Config) {
	n := top.field("tokens")
	d.checkSecrets(n, &c.Tokens)
	keys := n.field("keys")
	for _, name := range makers {
		if keys != nil && n.field(name) == nil {
			d.refuse(keys.place, "add tokens."+name, "access tokens cannot be made without %s", name)
		}
	}
	if at := n.field("issuer"); at != nil && keys != nil {
		d.secureLink(at, "https://api.example.com") // others find our keys below it (RFC 8414 §2)
	}
	for _, name := range append([]string{"audience"}, tuners...) {
		if at := n.field(name); at != nil && keys == nil {
			d.refuse(at.place, "add tokens.keys: file:keyring.jwks; edgeward key rotate makes it", "without keys no access tokens are made")
		}
	}
	if at := n.field("issuer"); at != nil && slices.ContainsFunc(c.Issuers, func(i Issuer) bool { return i.Rules.Issuer == at.text && keys != nil }) {
		d.refuse(at.place, "give it a name of its own, or remove it from issuers", "issuer %q is in issuers too: one of them would be believed for the other", at.text)
	}
	if at := n.field("refresh_lifetime"); at != nil && c.Tokens.RefreshLifetime != 0 && c.Tokens.RefreshLifetime < c.Tokens.AccessLifetime {
		d.refuse(at.place, "at least "+short(c.Tokens.AccessLifetime)+", the life of an access token", "%s is too short", at.text)
	}
}

// checkNeeds wants a store and a secret where they are needed.
func (d *decoder) checkNeeds(top *node, c *Config) {
	for _, name := range []string{"sessions", "api_keys", "revocation", "login"} {
		if n := top.index(name); n >= 0 && c.Store == nil && top.field("store") == nil {
			d.refuse(top.fields[n].key.place, storeRemedy, "%s needs a store, and none is configured", name)
		}
	}
	if top.find("tokens.secret") != nil {
		return
	}
	at := []int{top.index("sessions"), top.index("api_keys"), top.index("login")}
	if top.find("tokens.keys") != nil {
		at = append(at, top.index("store"))
	}
	for _, i := range at {
		if i >= 0 {
			d.refuse(top.fields[i].key.place, "add tokens: {secret: env:EDGEWARD_SECRET}; openssl rand -base64 48 makes a good one",
				"%s needs tokens.secret: what it hands out is protected by it", top.fields[i].key.text)
		}
	}
}

// checkLoopback keeps what is for development on this machine.
func (d *decoder) checkLoopback(top *node, c *Config) {
	for _, danger := range []struct{ key, why string }{
		{"store.memory", "a restart would make everything live again that was revoked"},
		{"sessions.insecure_http", "anyone who listens on the network could take sessions over"},
	} {
		if at := top.find(danger.key); at != nil && at.kind == boolean && at.text == "true" && !c.onLoopback() {
			d.refuse(at.place, "remove it, or listen on 127.0.0.1", "%s is for the loopback address only: %s", danger.key, danger.why)
		}
	}
}

// onLoopback reports whether only this machine can come to the doors.
func (c *Config) onLoopback() bool {
	var doors []string
	if c.Proxy != nil {
		doors = append(doors, c.Proxy.Listen)
	}
	if c.ForwardAuth != nil {
		doors = append(doors, c.ForwardAuth.Listen)
	}
	for _, address := range doors {
		host, _, err := net.SplitHostPort(address)
		if err == nil && !isLoopback(host) { // another error was reported
			return false
		}
	}
	return true
}
