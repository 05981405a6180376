package warn

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/config"
	"github.com/edgeward/edgeward/policy"
	"github.com/edgeward/edgeward/policy/allow"
)

// wide says which networks need no credential, and hold a part of the Internet.
func wide(c *config.Config) (all []string) {
	eachNetwork(c, func(route *policy.Route, key string, block netip.Prefix) {
		if most := 8; key == publicNetworks && (block.Bits() < most || block.Addr().Is6() && block.Bits() < 2*most) {
			all = append(all, fmt.Sprintf("%s: %s holds %s, which is a large part of the Internet: no client there needs a credential", route.Source, key, block))
		}
	})
	return all
}

// rebound says where a page of another site can make its own name point to the gateway
// (DNS rebinding), and is, in the browser of a client that needs no credential, of the
// same origin as what it asks for. By HTTPS the certificate is in its way.
func rebound(c *config.Config) []string {
	var open []string
	if c.Proxy != nil && len(c.Proxy.Hosts) == 0 && c.Proxy.TLS == nil {
		open = append(open, "proxy")
	}
	if c.ForwardAuth != nil && len(c.ForwardAuth.Hosts) == 0 {
		open = append(open, "forward_auth")
	}
	for route := range c.Hosts.All() {
		if len(open) > 0 && route.Host == "" && !route.PublicNetworks.Empty() {
			return []string{fmt.Sprintf("%s: public_networks holds for whatever host a request names, also for that of a page whose name was made to point here, in the browser of a client in there: list the hosts, by hosts of %s or by the top-level hosts", route.Source, strings.Join(open, " and "))}
		}
	}
	return nil
}

const publicNetworks = "public_networks"

// networksBehind says where clients are told apart by their addresses, and what stands
// before the gateway hides those.
func networksBehind(c *config.Config) (all []string) {
	fronted := len(c.TrustedProxies) > 0 || c.TrustedUnix
	if fronted || c.Proxy == nil {
		return nil // forward_auth without proxies is said elsewhere: no one may ask
	}
	first := true
	eachNetwork(c, func(route *policy.Route, key string, block netip.Prefix) {
		if first && c.Proxy.TLS == nil {
			first = false
			all = append(all, fmt.Sprintf("%s: %s asks for the client's address, and trusted_proxies is empty: behind a web server or a balancer all clients have its address, or an unknown one; list it there", route.Source, key))
		}
		if private(block.Addr()) && !slices.ContainsFunc(c.ClientNetworks, block.Overlaps) {
			all = append(all, fmt.Sprintf("%s: no client is known to be in %s of %s: a peer in a private network may be a balancer; list it in client_networks if clients connect from there directly", route.Source, block, key))
		}
	})
	return all
}

// eachNetwork calls look once with each network of each key of all routes, and with the
// first route that has it.
func eachNetwork(c *config.Config, look func(route *policy.Route, key string, block netip.Prefix)) {
	seen := map[string]bool{}
	for route := range c.Hosts.All() {
		found := map[string][]netip.Prefix{"networks": route.Networks.Blocks(), publicNetworks: route.PublicNetworks.Blocks()}
		for _, a := range route.Allow.Alternatives() {
			of := allow.NetworksOf(a.Networks...)
			of.Seal(func(string, string) {})
			found["allow"] = append(found["allow"], of.Blocks()...)
		}
		for _, key := range slices.Sorted(maps.Keys(found)) {
			for _, block := range found[key] {
				if at := key + " " + block.String(); !seen[at] {
					seen[at] = true
					look(route, key, block)
				}
			}
		}
	}
}

// shared is the space between a provider and its customers (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

func private(addr netip.Addr) bool {
	return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() || shared.Contains(addr)
}
