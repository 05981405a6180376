// Package warn says of a configuration what deserves a look although it is sound.
package warn

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward/bearer"
	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// Gateway says what deserves a look at a gateway although it is sound.
func Gateway(c *config.Config) []string {
	all := append(Everywhere(c), otherSpellings(c)...)
	all = append(all, aroundHosts(c)...)
	all = append(all, networksBehind(c)...)
	if c.ForwardAuth != nil && len(c.TrustedProxies) == 0 && !c.TrustedUnix {
		all = append(all, "trusted_proxies is empty, so no web server may ask forward_auth")
	}
	all = append(all, certificates(c, time.Now())...)
	all = append(all, uncertified(c)...)
	if c.Store.Resident() {
		all = append(all, "store."+string(c.Store.Kind)+": a restart forgets everything, and what was revoked lives again")
	}
	if c.Sessions != nil && c.Login == nil && c.Tokens.Issuer == "" {
		all = append(all, "tokens.issuer is not set: a session that your back end creates has to name its issuer")
	}
	if c.Sessions != nil && c.Sessions.InsecureHTTP {
		all = append(all, "sessions.insecure_http: the cookie travels without HTTPS")
	}
	if c.Login != nil && c.Proxy != nil && !has(c.Proxy.Hosts, c.Login.Origin) {
		all = append(all, "login.origin is none of proxy.hosts, so that sign-ins through the proxy are answered 421")
	}
	if c.Login != nil && c.Proxy != nil && c.Proxy.TLS == nil && strings.HasPrefix(c.Login.Origin, "https://") && len(c.TrustedProxies) == 0 && !c.TrustedUnix {
		all = append(all, "login.origin is https, and proxy speaks HTTP without a web server in front whose X-Forwarded-Proto is trusted, so that no user can sign in through it: add proxy.tls, or list that server in trusted_proxies")
	}
	return append(all, shutOut(c)...)
}

// shutOut says which hosts with routes a door does not answer for.
func shutOut(c *config.Config) (all []string) {
	for _, l := range c.Doors() {
		for name := range c.Hosts.Trees() {
			if name != "" && !has(l.Hosts, "https://"+strings.Replace(name, "*", "any", 1)) {
				all = append(all, fmt.Sprintf("hosts.%s: it is none of %s.hosts, so its routes hold for nothing there: requests are answered 421", name, l.Section()))
			}
		}
	}
	return all
}

// has reports whether an origin is one of the hosts.
func has(hosts []string, origin string) bool {
	known, err := canonical.NewHosts(hosts)
	_, host, _ := strings.Cut(origin, "://")
	return err != nil || known.Has(host)
}

// Everywhere says what deserves a look wherever the configuration is for.
func Everywhere(c *config.Config) []string {
	return slices.Concat(unanswered(c), misread(c), rewritten(c), claims(c), wide(c), rebound(c))
}

// unanswered says which routes refuse all requests, and whose tokens no route accepts.
func unanswered(c *config.Config) []string {
	all := unmet(c)
	var anyIssuer bool
	accepted := map[string]bool{}
	silent := map[string]bool{}
	for route := range c.Hosts.All() {
		if label := route.Label(); route.Unspecified() && !silent[label] {
			silent[label] = true
			all = append(all, fmt.Sprintf("%s: nothing states authenticate for %s, so all requests are refused; [] makes it public", route.Source, label))
		}
		if !slices.Contains(route.Authenticate, bearer.Method) {
			continue
		}
		anyIssuer = anyIssuer || len(route.Issuers) == 0
		for _, name := range route.Issuers {
			accepted[name] = true
		}
	}
	for i := range c.Issuers {
		if name := c.Issuers[i].Rules.Issuer; !anyIssuer && !accepted[name] {
			all = append(all, fmt.Sprintf("issuer %s: no route accepts its tokens", name))
		}
	}
	if len(c.Issuers) == 0 && c.Tokens.Keys == "" && (anyIssuer || len(accepted) > 0) {
		all = append(all, "no issuer is configured, so routes with authenticate: [bearer] refuse all requests")
	}
	return all
}
