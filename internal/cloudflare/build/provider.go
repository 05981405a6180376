package build

import "github.com/edgeward/edgeward/internal/setup/document"

// gatewayOnly are the keys of a login provider that a Worker can do nothing with.
var gatewayOnly = []struct{ key, why, remedy string }{
	{"ca", "a Worker asks providers by the platform's fetch, which believes public authorities and no other", "have the provider use a certificate of a public authority, or keep a gateway for it"},
	{"client_key", "a Worker holds no private key to sign with", "use client_secret"},
	{"recheck", "a Worker runs for requests alone, and nothing asks providers beside them: what was taken away at a provider would hold for ever", "remove it, and keep sessions.lifetime and tokens.refresh_lifetime short, or keep a gateway for it"},
	{"client_assertion_file", "a Worker has no files", "use client_secret"},
}

// checkProviders refuses what login providers ask for in vain.
func (b *builder) checkProviders() {
	providers := b.Root.Find("login.providers")
	if providers == nil || providers.Kind != document.List {
		return
	}
	for _, p := range providers.Items {
		for _, row := range gatewayOnly {
			if at := p.Field(row.key); at != nil {
				b.Refuse(at.Place, row.remedy, "login.providers.%s: %s", row.key, row.why)
			}
		}
	}
}
