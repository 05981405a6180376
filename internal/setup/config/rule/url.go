// Package rule says what a single value of a configuration has to be. Each rule is a
// function of the text, which returns what is wrong with it, or nil.
package rule

import (
	"cmp"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/edgeward/edgeward/internal/setup/document"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/identity"
)

// Address wants what can be listened on: host:port as [TCPAddress], or unix: and the
// path of a socket.
func Address(s string, open bool) *document.Fault {
	at, local := strings.CutPrefix(s, "unix:")
	if local {
		return socketPath(at, maxListenPath)
	}
	return TCPAddress(s, open)
}

// Email wants an address that mail can be sent to.
func Email(s string) *document.Fault {
	name, host, ok := strings.Cut(s, "@")
	if !ok || name == "" || strings.ContainsAny(s, " <>,;:") || !isHost(host) {
		return document.Faultf("like this: admin@example.com", "%q is not a mail address", s)
	}
	return nil
}

// Ordered wants a host that a certificate can be ordered for.
func Ordered(s string) *document.Fault {
	if fault := HostName(s); fault != nil {
		return fault
	}
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil || strings.HasPrefix(s, "*.") {
		return document.Faultf("a host name", "no certificate can be ordered for %q: its host cannot be proven", s)
	}
	return nil
}

// TCPAddress wants host:port. An empty host, every interface, is allowed only where
// open is set; elsewhere it has to be written as 0.0.0.0 or [::].
func TCPAddress(s string, open bool) *document.Fault {
	host, port, split := SplitHostPort(s)
	number, bad := strconv.ParseUint(port, 10, 16)
	switch {
	case !split:
		return document.Faultf("like this: 127.0.0.1:8080", "%q is not host:port", s)
	case bad != nil || port != strconv.FormatUint(number, 10):
		return document.Faultf("a number from 0 to 65535", "%q is not a port", port)
	case host == "" && !open:
		return document.Faultf(`write "0.0.0.0:`+port+`" if every interface is meant`, "an empty host would listen on every interface")
	case host != "" && !isHost(host):
		return document.Faultf("an IP address or a host name", "%q is not a host", host)
	}
	return nil
}

// SplitHostPort takes host:port apart, where an IPv6 address stands in brackets.
func SplitHostPort(s string) (host, port string, ok bool) {
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

// link parses an absolute http or https URL without userinfo, query and fragment.
func link(s, example string) (*url.URL, *document.Fault) {
	u, err := url.Parse(s)
	remedy := "like this: " + example
	switch {
	case err != nil || u.Opaque != "" || u.Host == "" || u.Hostname() == "":
		return nil, document.Faultf(remedy, "this is not an absolute URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, document.Faultf(remedy, "the URL must start with https://, not %s://", u.Scheme)
	case u.User != nil:
		return nil, document.Faultf("remove the part before the @", "the URL holds a user name or password, which would end up in logs")
	case strings.ContainsAny(s, "?#"):
		return nil, document.Faultf("remove it", "the URL has a query or a fragment")
	case !isAuthority(u):
		return nil, document.Faultf(remedy, "the URL's host or port cannot be one")
	}
	return u, nil
}

// SecureURL wants a URL from which keys come: who can change what it answers can
// sign tokens, so http is for the loopback address only.
func SecureURL(s, example string) *document.Fault {
	u, fault := link(s, example)
	if fault == nil && u.Scheme != "https" && !canonical.IsLoopback(u.Hostname()) {
		fault = document.Faultf("use https://; http:// is only for the loopback address", "http:// to another machine lets every network on the way choose the keys")
	}
	return fault
}

// LoopbackURL reports whether s is a URL of this machine.
func LoopbackURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && canonical.IsLoopback(u.Hostname())
}

// Upstream wants the base URL of an upstream, or unix: and the path of a socket.
func Upstream(s string) *document.Fault {
	if socket, ok := strings.CutPrefix(s, "unix:"); ok {
		return socketPath(socket, maxSocketPath)
	}
	u, fault := link(s, "http://127.0.0.1:3000")
	if fault != nil {
		return fault
	}
	if _, err := canonical.Path(cmp.Or(u.EscapedPath(), "/")); err != nil {
		return document.Faultf("write the path without dot segments, double slashes and encoded separators", "the URL's path can be read in two ways")
	}
	return nil
}

const (
	// maxSocketPath is what Linux has room for in the address of a socket.
	maxSocketPath = 107
	// maxListenPath leaves room for what the name ends in while the socket is made.
	maxListenPath = 100
)

func socketPath(s string, most int) *document.Fault {
	switch {
	case !path.IsAbs(s) || s == "/" || path.Clean(s) != s:
		return document.Faultf("like this: unix:/run/edgeward/app.sock", "%q is not the absolute path of a socket", s)
	case len(s) > most:
		return document.Faultf("put it into a folder with a shorter name", "the path of a socket has at most %d bytes", most)
	}
	return nil
}

// Path wants a path in its one spelling.
func Path(s string) *document.Fault {
	if p, err := canonical.Path(canonical.EscapePath(s)); err != nil || p != s {
		return document.Faultf("like this: /healthz", "%q is no path in its one spelling, without a query, dot segments and double slashes", s)
	}
	return nil
}

// UpstreamHost wants what an upstream sees as Host: the client's, its own, or this one.
func UpstreamHost(s string) *document.Fault {
	if host, err := canonical.Host(s, "http"); err != nil || host != s {
		return document.Faultf("keep for what the client asked for, upstream for the host of the URL, or a host in small letters: app.internal", "%q is no host", s)
	}
	return nil
}

// ServerName wants the host that a certificate is for.
func ServerName(s string) *document.Fault {
	if fault := HostName(s); fault != nil || strings.HasPrefix(s, "*") {
		return document.Faultf("like this: app.internal", "%q is no host that a server has a certificate for", s)
	}
	return nil
}

// Origin wants an RFC 6454 origin, in the spelling in which browsers send it.
func Origin(s string) *document.Fault {
	const example = "https://app.example.com"
	u, fault := link(s, example)
	if fault != nil {
		return fault
	}
	host, err := canonical.Host(u.Host, u.Scheme)
	switch spelled := u.Scheme + "://" + host; {
	case err != nil:
		return document.Faultf("like this: "+example, "the host cannot be one")
	case u.Path != "":
		return document.Faultf("write "+spelled, "an origin has no path")
	case s != spelled:
		return document.Faultf("write "+spelled, "browsers spell that origin otherwise")
	}
	return nil
}

// ReturnTo wants a page outside of the origin. What a browser resolves to another
// address than it reads is refused.
func ReturnTo(s string) *document.Fault {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || u.User != nil || !isAuthority(u):
		return document.Faultf("like this: https://www.example.com/", "this is not an absolute URL")
	case u.Scheme != "https" && !(u.Scheme == "http" && canonical.IsLoopback(u.Hostname())):
		return document.Faultf("use https://", "a page that a login leads to is not fetched in the clear")
	}
	return nil
}

// HostName wants the name of a host: see canonical.NewHosts.
func HostName(s string) *document.Fault {
	if _, err := canonical.NewHosts([]string{s}); err != nil {
		return document.Faultf(`a name without scheme, port and path: app.example.com, or "*.example.com"`, "%s", document.Detail(err))
	}
	return nil
}

// ForwardHeader wants the name of a field that may travel on although it would be
// removed.
func ForwardHeader(s string) *document.Fault {
	if err := identity.CheckForward(s); err != nil {
		return document.Faultf("name only fields that Edgeward removes and nothing acts on, or rename the field in the application", "%s", document.Detail(err))
	}
	return nil
}

// Prefix parses a block of addresses.
func Prefix(s string) (netip.Prefix, *document.Fault) {
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		remedy := "like this: 10.0.0.0/8"
		if addr, err := netip.ParseAddr(s); err == nil {
			remedy = "for this one address: " + netip.PrefixFrom(addr, addr.BitLen()).String()
		}
		return p, document.Faultf(remedy, "%q is not a block of addresses in CIDR notation", s)
	case p.Bits() == 0:
		return p, document.Faultf("list the addresses of your own proxies", "%s trusts all addresses: any client could choose its own address and host", s)
	case p.Addr().Is4In6():
		return p, document.Faultf("write it as IPv4", "%s is IPv4 in IPv6 notation", s)
	case p != p.Masked():
		return p, document.Faultf("did you mean "+p.Masked().String()+"?", "%s has bits set beyond its length", s)
	}
	return p, nil
}

// KeySources are the keys that say where an issuer's keys come from; without one
// they are discovered.
var KeySources = []string{"jwks_uri", "keys", "secret"}

// IssuerName wants the exact iss of tokens. A template is none: providers that have
// many tenants name one in their metadata, and each token its own tenant.
func IssuerName(s string) *document.Fault {
	u, err := url.Parse(s)
	shared := err == nil && slices.Contains(sharedHosts, strings.ToLower(u.Host)) && sharedTenant(u.Path) != ""
	switch {
	case strings.ContainsAny(s, "{}"):
		return document.Faultf("write the id of your tenant in its place", "%q is a template, which is no token's iss", s)
	case shared:
		return document.Faultf("write the id of your tenant instead of "+sharedTenant(u.Path)+", once for each tenant", "no token's iss is %q: it names the tenant", s)
	}
	return nil
}

// sharedHosts are those of Microsoft Entra ID, in its clouds.
var sharedHosts = []string{"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "sts.windows.net"}

// sharedTenant returns the first segment of a path if it stands for many tenants.
func sharedTenant(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if slices.Contains([]string{"common", "organizations", "consumers"}, strings.ToLower(first)) {
		return first
	}
	return ""
}

// Discoverable wants the issuer to be a URL below which its metadata can be found
// (OpenID Connect Discovery §4).
func Discoverable(s string) *document.Fault {
	if u, err := url.Parse(s); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return document.Faultf("add one of "+strings.Join(KeySources, ", "), "the issuer is not a URL, so its keys cannot be discovered")
	}
	if _, fault := link(s, "https://id.example.com/"); fault != nil {
		return fault
	}
	return SecureName(s)
}

// SecureName wants an issuer with remote keys to be named by https, if its name is a
// URL at all.
func SecureName(s string) *document.Fault {
	if u, err := url.Parse(s); err == nil && u.Scheme == "http" && !canonical.IsLoopback(u.Hostname()) {
		return document.Faultf("use https://, or if http:// is its name in the tokens, as with AD FS, put its public keys into a file: keys: file:issuer.jwks",
			"http:// to another machine lets every network on the way choose the keys")
	}
	return nil
}
