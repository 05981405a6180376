package ratelimit

import (
	"encoding/binary"
	"net/netip"
)

// A kind is what a counter counts for. The zero kind is a free slot.
type kind uint8

const (
	client4 kind = iota + 1 // an IPv4 address
	client6                 // an IPv6 /64
)

// A key names a counter.
type key struct {
	id   uint64
	kind kind
}

// translated is where a translator has the whole IPv4 Internet (RFC 6052 §2.1). As
// IPv6 it would be one block of 64 bits, in which one client bans all.
var translated = netip.MustParsePrefix("64:ff9b::/96")

// clientKey returns the key of a client's network. All spellings of an address
// are one: IPv4 in IPv6 (::ffff:192.0.2.1, 64:ff9b::192.0.2.1), zones.
func clientKey(a netip.Addr) (k key, known bool) {
	if a = a.Unmap().WithZone(""); translated.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if a.Is4() {
		b := a.As4()
		return key{uint64(binary.BigEndian.Uint32(b[:])), client4}, true
	}
	if !a.Is6() {
		return key{}, false
	}
	b := a.As16()
	return key{binary.BigEndian.Uint64(b[:8]), client6}, true
}

// network returns the network that k counts for, which the zero key has none of.
func (k key) network() netip.Prefix {
	switch k.kind {
	case client4:
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(k.id))
		return netip.PrefixFrom(netip.AddrFrom4(b), 32)
	case client6:
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], k.id)
		return netip.PrefixFrom(netip.AddrFrom16(b), 64)
	}
	return netip.Prefix{}
}
