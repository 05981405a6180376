package outbound

import (
	"errors"
	"net/netip"
	"syscall"
)

// errPrivate says that somebody pointed us into a network that only we can
// reach.
var errPrivate = errors.New("outbound: a host that is not configured is at a private address")

// dialPublic refuses all but public addresses. As a dialer's Control it sees
// the address that is really dialled: a name that resolves differently the
// second time gains nothing.
func dialPublic(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(ap.Addr()) {
		return errPrivate
	}
	return nil
}

// reserved are ranges beyond those that netip knows, from IANA's
// special-purpose registries (RFC 6890). The last three embed an IPv4 address,
// which can be a private one.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("fec0::/10"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"),
}

func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	// Global unicast excludes loopback, link-local, multicast, unspecified and
	// the broadcast address, but not RFC 1918 and RFC 4193.
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
