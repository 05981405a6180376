package warn

import (
	"fmt"
	"slices"

	"github.com/edgeward/edgeward/apikey"
	"github.com/edgeward/edgeward/internal/setup/config"
)

// authenticates are the strategies whose identities can say how and when a user
// authenticated: not those of keys.
func authenticates(strategy string) bool {
	return strategy != apikey.Method && strategy != "personal_token"
}

// unmet says which routes ask how a user authenticated, and accept no user who could have.
func unmet(c *config.Config) (all []string) {
	said := map[string]bool{}
	for route := range c.Hosts.All() {
		asked := &route.StepUp
		if asked.IsZero() || route.Public() || route.Unspecified() || slices.ContainsFunc(route.Authenticate, authenticates) || said[route.Label()] {
			continue
		}
		said[route.Label()] = true
		all = append(all, fmt.Sprintf("%s: acr or max_age is asked of %s, and a key is no authentication of a user, so all requests are refused", route.Source, route.Label()))
	}
	return all
}
