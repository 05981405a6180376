package assembly

import (
	"strings"

	"github.com/edgeward/edgeward/internal/wire/canonical"
)

// Answers reports whether Edgeward's own endpoints are served at a host, which is
// canonical: at every one that has routes, and at those of the addresses that the
// configuration gives to Edgeward itself, where users sign in and others find its
// keys. Everywhere else they are refused as the routes refuse: a host that is not
// listed is none of ours.
func (s *System) Answers(host string) bool {
	if _, _, listed := s.Config.Hosts.Lookup(host); listed {
		return true
	}
	return isAt(host, s.Config.Tokens.Issuer) || s.Config.Login != nil && isAt(host, s.Config.Login.Origin)
}

// home is a page where users sign in for those who name none: without routes there,
// "/" would be refused, and Edgeward has a page of its own to show.
func (s *System) home() string {
	_, host, _ := strings.Cut(s.Config.Login.Origin, "://")
	if _, _, listed := s.Config.Hosts.Lookup(host); listed {
		return "" // the routes'
	}
	return s.Config.UserPrefix().Sessions()
}

// isAt reports whether a URL names the host, whatever the ports.
func isAt(host, url string) bool {
	_, authority, absolute := strings.Cut(url, "://")
	authority, _, _ = strings.Cut(authority, "/")
	return absolute && canonical.Hostname(authority) == canonical.Hostname(host)
}
