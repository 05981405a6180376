package transport

import (
	"net/netip"
	"slices"

	"github.com/edgeward/edgeward/internal/setup/config/rule"
	"github.com/edgeward/edgeward/internal/setup/config/schema"
	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// Peers are who connects, by network; and on Unix sockets, where there are no
// addresses.
type Peers struct {
	Networks []netip.Prefix
	Unix     bool
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

// unixPeer stands for the peers on Unix sockets in a list of networks.
const unixPeer = "unix"

// ReadPeers reads networks, and the word for Unix sockets.
func ReadPeers(r *schema.Reader, n *document.Node) (p Peers) {
	networks := *n
	networks.Items = nil
	for _, item := range n.Items {
		if item.Kind == document.Text && item.Text == unixPeer {
			p.Unix = true
		} else {
			networks.Items = append(networks.Items, item)
		}
	}
	p.Networks = ReadNetworks(r, &networks)
	return p
}

// ReadNetworks reads CIDR blocks.
func ReadNetworks(r *schema.Reader, n *document.Node) []netip.Prefix {
	if !r.Is(n, document.List, "[10.0.0.0/8]") {
		return nil
	}
	var all []netip.Prefix
	for _, item := range n.Items {
		s, ok := r.Text(item, "10.0.0.0/8")
		if !ok {
			continue
		}
		p, fault := rule.Prefix(s)
		if !r.OK(item.Place, fault) {
			continue
		}
		if _, err := clientip.New(append(all[:len(all):len(all)], p)); err != nil {
			r.Refuse(item.Place, "", "%s", document.Detail(err))
			continue
		}
		all = append(all, p)
	}
	return all
}
