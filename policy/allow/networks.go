package allow

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/edgeward/edgeward/policy/value"
)

// Networks are blocks of addresses of clients, in CIDR notation: the value of a key
// that restricts a route to them, or opens it to them. What is empty or not sealed has
// no client.
type Networks struct {
	written []string
	sealed  []netip.Prefix
}

const networksExample = "[192.0.2.0/24, 2001:db8::/32]"

// NetworksOf returns the networks, to be sealed.
func NetworksOf(blocks ...string) Networks { return Networks{written: sorted(blocks)} }

// Empty reports whether there are none.
func (n *Networks) Empty() bool { return len(n.written) == 0 }

// Blocks returns them. They are read-only.
func (n *Networks) Blocks() []netip.Prefix { return n.sealed }

// Has reports whether a client's address is in one of them. An address that is not
// known is in none. addr has no zone and is no IPv4 address in IPv6 notation, as
// [edgeward.Request] has it.
func (n *Networks) Has(addr netip.Addr) bool { return contain(n.sealed, addr) }

func contain(all []netip.Prefix, addr netip.Addr) bool {
	for i := range all {
		if all[i].Contains(addr) {
			return true
		}
	}
	return false
}

// Read reads a list of blocks.
func (n *Networks) Read(v value.Value) bool {
	blocks, ok := v.Texts(networksExample)
	*n = NetworksOf(blocks...)
	return ok
}

// Lay replaces n by from.
func (n *Networks) Lay(from value.Object) { *n = *from.(*Networks) }

// Equal reports whether both are the same.
func (n *Networks) Equal(other value.Object) bool {
	return slices.Equal(n.written, other.(*Networks).written)
}

// Seal checks n and makes it ready for use.
func (n *Networks) Seal(report func(member, detail string)) {
	if len(n.written) > MaxValues {
		report("", tooMany("networks", MaxValues))
	}
	sealed := make([]netip.Prefix, 0, len(n.written))
	for _, block := range n.written {
		detail := checkNetwork(block)
		if detail != "" {
			report("", detail)
			continue
		}
		sealed = append(sealed, netip.MustParsePrefix(block))
	}
	n.sealed = sealed
}

// Show gives the blocks.
func (n *Networks) Show(name string, add func(name string, value any)) {
	add(name, append([]string{}, n.written...))
}

// Within reports whether each address of n is one of other.
func (n *Networks) Within(other *Networks) bool { return within(n.sealed, other.sealed) }

func within(some, all []netip.Prefix) bool {
	return !slices.ContainsFunc(some, func(p netip.Prefix) bool {
		return !slices.ContainsFunc(all, func(o netip.Prefix) bool { return o.Bits() <= p.Bits() && o.Contains(p.Addr()) })
	})
}

// checkNetwork wants a block that is not all addresses.
func checkNetwork(block string) string {
	p, err := netip.ParsePrefix(block)
	switch {
	case err != nil:
		if addr, err := netip.ParseAddr(block); err == nil && addr.Zone() == "" {
			return fmt.Sprintf("%q is one address: write %s", block, netip.PrefixFrom(addr, addr.BitLen()))
		}
		return fmt.Sprintf("%q is not a block of addresses in CIDR notation: like this: 192.0.2.0/24", block)
	case p.Addr().Is4In6():
		return fmt.Sprintf("%s is IPv4 in IPv6 notation: write it as IPv4", p)
	case p.Bits() == 0:
		return fmt.Sprintf("%s is every address of its kind: name those that are meant", p)
	case p != p.Masked():
		return fmt.Sprintf("%s has bits set beyond its length; did you mean %s?", p, p.Masked())
	case p.String() != block:
		return fmt.Sprintf("write %s as %s", block, p)
	}
	return ""
}
