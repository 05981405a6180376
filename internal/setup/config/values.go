package config

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/door/proxy"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// address reads host:port. An empty host, every interface, is allowed only
// where open is set; elsewhere it has to be written as 0.0.0.0 or [::].
func (d *decoder) address(n *node, open bool) string {
	s, ok := d.text(n, "127.0.0.1:8080")
	if !ok {
		return ""
	}
	host, port, err := net.SplitHostPort(s)
	number, bad := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil:
		d.refuse(n.place, "like this: 127.0.0.1:8080", "%q is not host:port", s)
	case bad != nil || port != strconv.FormatUint(number, 10):
		d.refuse(n.place, "a number from 0 to 65535", "%q is not a port", port)
	case host == "" && !open:
		d.refuse(n.place, `write "0.0.0.0:`+port+`" if every interface is meant`, "an empty host would listen on every interface")
	case host != "" && !isHost(host):
		d.refuse(n.place, "an IP address or a host name", "%q is not a host", host)
	default:
		return s
	}
	return ""
}

func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, err := canonical.Host(s, "http")
	return err == nil && !strings.Contains(s, ":")
}

// isAuthority reports whether u's host and port can be connected to.
func isAuthority(u *url.URL) bool {
	_, err := canonical.Host(u.Host, u.Scheme)
	return err == nil
}

// isLoopback reports whether host can only be this machine.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// link reads an absolute http or https URL without userinfo, query and
// fragment.
func (d *decoder) link(n *node, example string) *url.URL {
	s, ok := d.text(n, example)
	if !ok {
		return nil
	}
	u, err := url.Parse(s)
	remedy := "like this: " + example
	switch {
	case err != nil || u.Opaque != "" || u.Host == "" || u.Hostname() == "":
		d.refuse(n.place, remedy, "this is not an absolute URL")
	case u.Scheme != "http" && u.Scheme != "https":
		d.refuse(n.place, remedy, "the URL must start with https://, not %s://", u.Scheme)
	case u.User != nil:
		d.refuse(n.place, "remove the part before the @", "the URL holds a user name or password, which would end up in logs")
	case strings.ContainsAny(s, "?#"):
		d.refuse(n.place, "remove it", "the URL has a query or a fragment")
	case !isAuthority(u):
		d.refuse(n.place, remedy, "the URL's host or port cannot be one")
	default:
		return u
	}
	return nil
}

// secureLink reads a URL from which keys come: whoever can change what it
// answers can sign tokens, so http is for the loopback address only.
func (d *decoder) secureLink(n *node, example string) string {
	u := d.link(n, example)
	if u == nil || !d.secure(n.place, u) {
		return ""
	}
	return n.text
}

func (d *decoder) secure(at place, u *url.URL) bool {
	if u.Scheme == "https" || isLoopback(u.Hostname()) {
		return true
	}
	d.refuse(at, "use https://; http:// is only for the loopback address", "http:// to another machine lets everybody between here and there choose the keys")
	return false
}

// upstream reads the base URL of an upstream.
func (d *decoder) upstream(n *node) string {
	u := d.link(n, "http://127.0.0.1:3000")
	if u == nil {
		return ""
	}
	if _, err := canonical.Path(cmp.Or(u.EscapedPath(), "/")); err != nil {
		d.refuse(n.place, "write the path without dot segments, double slashes and encoded separators", "the URL's path can be read in two ways")
		return ""
	}
	if err := proxy.CheckUpstream(n.text); err != nil {
		d.refuse(n.place, "like this: http://127.0.0.1:3000", "%s", unprefixed(err))
		return ""
	}
	return n.text
}

// hosts reads names of hosts: see canonical.NewHosts.
func (d *decoder) hosts(n *node) []string {
	names := d.texts(n, "[app.example.com]", func(item *node) {
		if _, err := canonical.NewHosts([]string{item.text}); err != nil {
			d.refuse(item.place, `a name without scheme, port and path: app.example.com, or "*.example.com"`, "%s", unprefixed(err))
		}
	})
	switch {
	case n.kind == list && len(n.items) == 0:
		d.refuse(n.place, "leave hosts out to answer for every host", "no host is listed, so every request would be refused")
	case len(names) > canonical.MaxHosts:
		d.refuse(n.place, fmt.Sprintf("at most %d", canonical.MaxHosts), "these are %d hosts", len(names))
	}
	return names
}

// forwardHeaders reads names of fields that travel on although they would be
// removed.
func (d *decoder) forwardHeaders(n *node) []string {
	if len(n.items) > identity.MaxForwarded {
		d.refuse(n.place, fmt.Sprintf("at most %d", identity.MaxForwarded), "these are %d field names", len(n.items))
		return nil
	}
	return d.texts(n, "[X-Auth-Token]", func(item *node) {
		if err := identity.CheckForward(item.text); err != nil {
			d.refuse(item.place, "name only fields that Edgeward removes and nothing acts on, or rename the field in the application", "%s", unprefixed(err))
		}
	})
}

// prefix reads a block of addresses.
func (d *decoder) prefix(n *node) (netip.Prefix, bool) {
	s, ok := d.text(n, "10.0.0.0/8")
	if !ok {
		return netip.Prefix{}, false
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		remedy := "like this: 10.0.0.0/8"
		if addr, err := netip.ParseAddr(s); err == nil {
			remedy = "for this one address: " + netip.PrefixFrom(addr, addr.BitLen()).String()
		}
		d.refuse(n.place, remedy, "%q is not a block of addresses in CIDR notation", s)
		return p, false
	}
	switch {
	case p.Bits() == 0:
		d.refuse(n.place, "list the addresses of your own proxies", "%s trusts everybody: any client could choose its own address and host", s)
	case p.Addr().Is4In6():
		d.refuse(n.place, "write it as IPv4", "%s is IPv4 in IPv6 notation", s)
	case p != p.Masked():
		d.refuse(n.place, "did you mean "+p.Masked().String()+"?", "%s has bits set beyond its length", s)
	default:
		return p, true
	}
	return p, false
}
