package config

import (
	"slices"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// Proxies are the declared proxies, and the networks of clients, as doors ask
// for them.
func (c *Config) Proxies() (*clientip.Trusted, error) {
	trusted, err := clientip.New(c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	if c.TrustedUnix {
		trusted = trusted.WithUnix()
	}
	return trusted.WithClients(c.ClientNetworks)
}

// Trusted returns the peers as a set.
func (p Peers) Trusted() (*clientip.Trusted, error) {
	trusted, err := clientip.New(p.Networks)
	if err == nil && p.Unix {
		trusted = trusted.WithUnix()
	}
	return trusted, err
}

// Equal reports whether they are the same.
func (p Peers) Equal(other Peers) bool {
	return p.Unix == other.Unix && slices.Equal(p.Networks, other.Networks)
}

// checkClients wants no proxy among the clients.
func (d *decoder) checkClients(top *document.Node, c *Config) {
	if _, err := c.Proxies(); err != nil {
		d.refuse(top.Find("client_networks").Place, "remove it here, or there", "%s", document.Detail(err))
	}
}

// Cookies returns the names that the configuration gives to cookies of ours.
func (c *Config) Cookies() []string {
	if c.Sessions == nil {
		return nil
	}
	return []string{c.Sessions.Cookie}
}
