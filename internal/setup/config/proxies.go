package config

import (
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// Proxies are the declared proxies, and the networks of clients, as doors ask
// for them.
func (c *Config) Proxies() (*clientip.Trusted, error) {
	trusted, err := transport.Peers{Networks: c.TrustedProxies, Unix: c.TrustedUnix}.Trusted()
	if err != nil {
		return nil, err
	}
	return trusted.WithClients(c.ClientNetworks)
}

// checkClients wants no proxy among the clients.
func (d *decoder) checkClients(top *document.Node, c *Config) {
	if _, err := c.Proxies(); err != nil {
		d.Refuse(top.Find("client_networks").Place, "remove it here, or there", "%s", document.Detail(err))
	}
}

// Cookies returns the names that the configuration gives to cookies of ours.
func (c *Config) Cookies() []string {
	if c.Sessions == nil {
		return nil
	}
	return []string{c.Sessions.Cookie}
}
