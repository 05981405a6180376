package warn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config"
)

// misread says what will not mean what it looks like.
func misread(c *config.Config) []string {
	return append(idTokens(c), hosts(c)...)
}

// idTokens says whose ID tokens are accepted as access tokens: they are meant for
// the client, which is not always who may call the API, and lie about in browsers.
// Where access tokens have a typ of their own, that keeps them apart; a nonce or
// an at_hash does not, since some issuers' access tokens have them too.
func idTokens(c *config.Config) []string {
	if c.Login == nil {
		return nil
	}
	var all []string
	for i := range c.Issuers {
		r := &c.Issuers[i].Rules
		if r.Types != nil && !slices.Contains(r.Types, "") && !slices.Contains(r.Types, "jwt") {
			continue
		}
		for _, p := range c.Login.Providers {
			if p.Issuer == r.Issuer && slices.Contains(r.Audiences, p.ClientID) {
				all = append(all, fmt.Sprintf("issuer %s: audience %q is the client_id of login provider %q, so its ID tokens are accepted as access tokens; give the API an audience of its own, or set types: [at+jwt] if its access tokens have that typ", r.Issuer, p.ClientID, p.Name))
			}
		}
	}
	return all
}

// hosts says which folders of routes are called like a host: a route is a path.
func hosts(c *config.Config) []string {
	var names, all []string
	for route := range c.Hosts.All() {
		first, _, _ := strings.Cut(strings.TrimPrefix(route.Pattern, "/"), "/")
		if looksLikeHost(first) && !slices.Contains(names, first) {
			names = append(names, first)
			all = append(all, fmt.Sprintf("%s: %s is read as the path /%s, and not as a host; rules for a host are its entry of hosts: {%s: {routes: <its folder, or mapping>}}", route.Source, first, first, first))
		}
	}
	return all
}

// endings are last labels that a name of two labels is taken for a host by; one of
// more labels always is.
var endings = []string{"com", "org", "net", "io", "dev", "app", "co", "cloud", "example", "test", "local", "localhost", "internal", "lan", "home", "arpa", "eu", "de", "uk", "fr", "us"}

func looksLikeHost(name string) bool {
	labels := strings.Split(strings.ToLower(name), ".")
	last := labels[len(labels)-1]
	for _, label := range labels {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	if len(labels) < 2 || len(last) < 2 || strings.Trim(last, "abcdefghijklmnopqrstuvwxyz") != "" {
		return false
	}
	return slices.Contains(endings, last) || len(labels) > 2
}
