package clientip

import "net/netip"

// shared is the address space between a provider and its customers (RFC 6598),
// which clouds use for balancers and pods.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// private reports whether addr is of a private network (RFC 1918, RFC 4193, RFC
// 6598): who it is depends on where it is seen.
func private(addr netip.Addr) bool { return addr.IsPrivate() || shared.Contains(addr) }

// public reports whether addr is the same for everybody who sees it.
func public(addr netip.Addr) bool { return addr.IsGlobalUnicast() && !private(addr) }

// Public returns the one address in text that stands for one client wherever it
// is seen, and the invalid address for everything else. It is for a platform that
// names the client by itself.
func Public(text string) netip.Addr {
	if addr := parse(text); public(addr) {
		return addr
	}
	return netip.Addr{}
}
