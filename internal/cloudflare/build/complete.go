package build

import (
	"fmt"
	"net/url"

	"github.com/edgeward/edgeward/internal/cloudflare/door"
	"github.com/edgeward/edgeward/internal/endpoint/account"
	"github.com/edgeward/edgeward/internal/endpoint/oauth"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/page/translation"
)

// complete puts in the place of files what a Worker has instead.
func complete(made map[string]any, c *config.Config) {
	if c.Store != nil {
		made["store"].(map[string]any)["path"] = objectBinding
	}
	if c.Tokens.Keys != "" {
		made["tokens"].(map[string]any)["keys"] = "env:" + door.KeyRingSecret
	}
	completePages(made, c)
	for i := range c.Issuers {
		if keys := c.Issuers[i].Public; keys != nil {
			made["issuers"].([]any)[i].(map[string]any)["keys"] = string(keys)
		}
	}
}

// completePages puts the brand and the style sheet in the place of the logo and the
// colours, and adds the languages that pages speak.
func completePages(made map[string]any, c *config.Config) {
	stated := c.Pages()
	var languages []string
	for _, l := range translation.Languages(stated.Languages) {
		languages = append(languages, l.Tag()+"\n"+translation.Catalogue(l.Tag()))
	}
	made[door.LanguagesKey] = languages
	login, _ := made["login"].(map[string]any)
	pages, _ := login["pages"].(map[string]any)
	if pages == nil {
		return
	}
	delete(pages, "logo_dark")
	delete(pages, "languages")
	if pages["logo"] = stated.Brand; stated.Brand == "" {
		delete(pages, "logo")
	}
	if pages["colors"] = stated.Style; stated.Style == "" {
		delete(pages, "colors")
	}
}

// inPages leaves out what means the gateway's application: behind Pages it is
// the project's own functions and files that an allowed request goes on to.
func (b *builder) inPages(made map[string]any) {
	if b.Proxy == nil || b.Proxy.Upstream == "" {
		return
	}
	delete(made["proxy"].(map[string]any), "upstream")
	b.Proxy.Upstream = "" // for what is said of it
	b.warnings = append(b.warnings, "proxy.upstream is left out: in Pages an allowed request goes on to the project's functions and files; a route that states upstream goes there")
}

// ownPaths are those that a Worker answers before the routes.
func (b *builder) ownPaths() []string {
	var all []string
	if b.Tokens.Keys != "" && b.Store != nil {
		all = append(all, oauth.Paths(b.Tokens.Issuer, b.UserPrefix())...)
	}
	if b.Login != nil {
		all = append(all, account.Paths(b.UserPrefix())...)
	}
	return all
}

// unreachable says which upstreams no client of the edge can reach.
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
	for route := range b.Config.Hosts.All() {
		report(route.Upstream, route.Source)
	}
	return all
}
