package build

import (
	"fmt"
	"net/url"

	"github.com/edgeward/edgeward/internal/cloudflare/worker"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/login"
)

// complete states what the file leaves to defaults that a Worker does not have,
// and puts names in the place of files.
func complete(carried map[string]any, c *config.Config) {
	if c.Proxy != nil && c.Proxy.Upstream != "" {
		carried["upstream"] = c.Proxy.Upstream
	}
	if c.Proxy != nil && len(c.Proxy.Hosts) > 0 {
		carried["hosts"] = c.Proxy.Hosts
	}
	if c.Store != nil {
		carried["remember"] = true
	}
	if c.Failures != nil && carried["failures"] == nil {
		carried["failures"] = map[string]any{}
	}
	if c.Tokens.Keys != "" {
		carried["tokens"].(map[string]any)["keys"] = "env:" + worker.KeyRingSecret
	}
	if c.Login != nil {
		completeLogin(carried["login"].(map[string]any), c.Login)
	}
	for i := range c.Issuers {
		completeIssuer(carried["issuers"].([]any)[i].(map[string]any), &c.Issuers[i])
	}
}

func completeIssuer(carried map[string]any, i *config.Issuer) {
	carried["algorithms"] = i.Algorithms
	if i.Public != nil {
		delete(carried, "keys")
		carried["key_set"] = string(i.Public)
	}
}

func completeLogin(carried map[string]any, l *config.Login) {
	carried["outcome"] = l.Outcome
	for i := range l.Providers {
		provider := carried["providers"].([]any)[i].(map[string]any)
		provider["label"], provider["scopes"] = l.Providers[i].Label, l.Providers[i].Scopes
	}
}

// inPages leaves out what means the gateway's application: behind Pages it is
// the project's own functions and files that an allowed request goes on to.
func (b *builder) inPages() {
	if b.Proxy == nil || b.Proxy.Upstream == "" {
		return
	}
	b.Proxy.Upstream = ""
	b.warnings = append(b.warnings, "proxy.upstream is left out: in Pages an allowed request goes on to the project's functions and files; a route that states upstream goes there")
}

// ownPaths are those of a Worker's own endpoints (worker/endpoints.go).
func (b *builder) ownPaths() []string {
	var all []string
	if b.Tokens.Keys != "" && b.Store != nil {
		all = append(all, oauth.TokenPath, oauth.RevocationPath, oauth.IntrospectionPath, oauth.RefreshPath, oauth.KeysPath, oauth.MetadataPath)
	}
	if b.Login != nil {
		all = append(all, account.LoginPath, login.DefaultCallbackPath, account.LogoutPath, account.SignedOutPath, account.SessionPath,
			account.SessionsPath, account.BackchannelPath)
	}
	return all
}

// unreachable says which upstreams nobody at the edge can ask.
func (b *builder) unreachable() []string {
	var all []string
	seen := map[string]bool{"": true}
	report := func(upstream, source string) {
		if u, err := url.Parse(upstream); err == nil && !seen[upstream] && canonical.IsLoopback(u.Hostname()) {
			all = append(all, fmt.Sprintf("%s: upstream %s is on this machine, where only wrangler dev finds it", source, upstream))
		}
		seen[upstream] = true
	}
	if b.Proxy != nil {
		report(b.Proxy.Upstream, "proxy")
	}
	for route := range b.Config.Routes.All() {
		report(route.Upstream, route.Source)
	}
	return all
}
