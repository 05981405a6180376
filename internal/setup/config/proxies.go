package config

import "github.com/edgeward/edgeward/internal/wire/clientip"

// Proxies are the declared proxies, and the networks of clients, as doors ask
// for them.
func (c *Config) Proxies() (*clientip.Trusted, error) {
	trusted, err := clientip.New(c.TrustedProxies)
	if err != nil {
		return nil, err
	}
	return trusted.WithClients(c.ClientNetworks)
}

// checkClients wants no proxy among the clients.
func (d *decoder) checkClients(top *node, c *Config) {
	if _, err := c.Proxies(); err != nil {
		d.refuse(top.find("client_networks").place, "remove it here, or there", "%s", unprefixed(err))
	}
}
