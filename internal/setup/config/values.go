package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// address reads host:port. An empty host, every interface, is allowed only
// where open is set; elsewhere it has to be written as 0.0.0.0 or [::].
func (d *decoder) address(n *document.Node, open bool) string {
	s, ok := d.text(n, "127.0.0.1:8080")
	if !ok {
		return ""
	}
	host, port, split := splitHostPort(s)
	number, bad := strconv.ParseUint(port, 10, 16)
	switch {
	case !split:
		d.refuse(n.Place, "like this: 127.0.0.1:8080", "%q is not host:port", s)
	case bad != nil || port != strconv.FormatUint(number, 10):
		d.refuse(n.Place, "a number from 0 to 65535", "%q is not a port", port)
	case host == "" && !open:
		d.refuse(n.Place, `write "0.0.0.0:`+port+`" if every interface is meant`, "an empty host would listen on every interface")
	case host != "" && !isHost(host):
		d.refuse(n.Place, "an IP address or a host name", "%q is not a host", host)
	default:
		return s
	}
	return ""
}

// splitHostPort takes host:port apart, where an IPv6 address stands in brackets.
func splitHostPort(s string) (host, port string, ok bool) {
	at := strings.LastIndexByte(s, ':')
	if at < 0 {
		return "", "", false
	}
	host, port = s[:at], s[at+1:]
	if inner, bracket := strings.CutPrefix(host, "["); bracket {
		host, ok = strings.CutSuffix(inner, "]")
		return host, port, ok && !strings.ContainsAny(host, "[]")
	}
	return host, port, !strings.ContainsAny(host, ":[]")
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

// link reads an absolute http or https URL without userinfo, query and
// fragment.
func (d *decoder) link(n *document.Node, example string) *url.URL {
	s, ok := d.text(n, example)
	if !ok {
		return nil
	}
	u, err := url.Parse(s)
	remedy := "like this: " + example
	switch {
	case err != nil || u.Opaque != "" || u.Host == "" || u.Hostname() == "":
		d.refuse(n.Place, remedy, "this is not an absolute URL")
	case u.Scheme != "http" && u.Scheme != "https":
		d.refuse(n.Place, remedy, "the URL must start with https://, not %s://", u.Scheme)
	case u.User != nil:
		d.refuse(n.Place, "remove the part before the @", "the URL holds a user name or password, which would end up in logs")
	case strings.ContainsAny(s, "?#"):
		d.refuse(n.Place, "remove it", "the URL has a query or a fragment")
	case !isAuthority(u):
		d.refuse(n.Place, remedy, "the URL's host or port cannot be one")
	default:
		return u
	}
	return nil
}

// secureLink reads a URL from which keys come: whoever can change what it
// answers can sign tokens, so http is for the loopback address only.
func (d *decoder) secureLink(n *document.Node, example string) string {
	u := d.link(n, example)
	if u == nil || !d.secure(n.Place, u) {
		return ""
	}
	return n.Text
}

func (d *decoder) secure(at document.Place, u *url.URL) bool {
	if u.Scheme == "https" || canonical.IsLoopback(u.Hostname()) {
		return true
	}
	d.refuse(at, "use https://; http:// is only for the loopback address", "http:// to another machine lets every network on the way choose the keys")
	return false
}

// upstream reads the base URL of an upstream.
func (d *decoder) upstream(n *document.Node) string {
	u := d.link(n, "http://127.0.0.1:3000")
	if u == nil {
		return ""
	}
	if _, err := canonical.Path(cmp.Or(u.EscapedPath(), "/")); err != nil {
		d.refuse(n.Place, "write the path without dot segments, double slashes and encoded separators", "the URL's path can be read in two ways")
		return ""
	}
	return n.Text
}

// hosts reads names of hosts: see canonical.NewHosts.
func (d *decoder) hosts(n *document.Node) []string {
	names := d.texts(n, "[app.example.com]", func(item *document.Node) {
		if _, err := canonical.NewHosts([]string{item.Text}); err != nil {
			d.refuse(item.Place, `a name without scheme, port and path: app.example.com, or "*.example.com"`, "%s", document.Detail(err))
		}
	})
	switch {
	case n.Kind == document.List && len(n.Items) == 0:
		d.refuse(n.Place, "leave hosts out to answer for every host", "no host is listed, so every request would be refused")
	case len(names) > canonical.MaxHosts:
		d.refuse(n.Place, fmt.Sprintf("at most %d", canonical.MaxHosts), "these are %d hosts", len(names))
	}
	return names
}

// forwardHeaders reads names of fields that travel on although they would be
// removed.
func (d *decoder) forwardHeaders(n *document.Node) []string {
	if len(n.Items) > identity.MaxForwarded {
		d.refuse(n.Place, fmt.Sprintf("at most %d", identity.MaxForwarded), "these are %d field names", len(n.Items))
		return nil
	}
	return d.texts(n, "[X-Auth-Token]", func(item *document.Node) {
		if err := identity.CheckForward(item.Text); err != nil {
			d.refuse(item.Place, "name only fields that Edgeward removes and nothing acts on, or rename the field in the application", "%s", document.Detail(err))
		}
	})
}

// prefix reads a block of addresses.
func (d *decoder) prefix(n *document.Node) (netip.Prefix, bool) {
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
		d.refuse(n.Place, remedy, "%q is not a block of addresses in CIDR notation", s)
		return p, false
	}
	switch {
	case p.Bits() == 0:
		d.refuse(n.Place, "list the addresses of your own proxies", "%s trusts all addresses: any client could choose its own address and host", s)
	case p.Addr().Is4In6():
		d.refuse(n.Place, "write it as IPv4", "%s is IPv4 in IPv6 notation", s)
	case p != p.Masked():
		d.refuse(n.Place, "did you mean "+p.Masked().String()+"?", "%s has bits set beyond its length", s)
	default:
		return p, true
	}
	return p, false
}
