package ratelimit

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"strings"
	"unicode"

	"github.com/edgeward/edgeward"
)

// A kind is what a counter counts for. The zero kind is a free slot.
type kind uint8

const (
	client4 kind = iota + 1 // an IPv4 address
	client6                 // an IPv6 /64
	account                 // an account, under all its names
	pair                    // a client and an account, under one name
)

// A key names a counter. Clients are named exactly, what people are called by
// a hash: a collision would take 2^32 accounts and do no more than let two of
// them share a counter that blocks nobody by itself.
type key struct {
	id   uint64
	kind kind
}

// clientKey returns the key of a client's network. All spellings of an address
// are one: IPv4 in IPv6 (::ffff:192.0.2.1), zones.
func clientKey(a netip.Addr) (k key, known bool) {
	if a = a.Unmap(); a.Is4() {
		b := a.As4()
		return key{uint64(binary.BigEndian.Uint32(b[:])), client4}, true
	}
	if !a.Is6() {
		return key{}, false
	}
	b := a.As16()
	return key{binary.BigEndian.Uint64(b[:8]), client6}, true
}

// network returns the network of a client's key.
func (k key) network() (netip.Prefix, bool) {
	switch k.kind {
	case client4:
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(k.id))
		return netip.PrefixFrom(netip.AddrFrom4(b), 32), true
	case client6:
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], k.id)
		return netip.PrefixFrom(netip.AddrFrom16(b), 64), true
	}
	return netip.Prefix{}, false
}

// accountKey returns the key under which guesses at an account are counted:
// Alice@Example.com, alice+x@example.com and alice are one. That people of the
// same name at different places share a counter is no harm, as it blocks nobody
// by itself.
func accountKey(name string) key {
	name, _, _ = strings.Cut(normal(name), "@")
	name, _, _ = strings.Cut(name, "+")
	return key{hash(name), account}
}

// pairKey returns the key of what a client guessed at an account, which a
// success forgives. Here the whole name counts: who is alice at one place must
// not be forgiven the guesses at alice of another.
func pairKey(client key, name string) key {
	return key{hash(string(binary.BigEndian.AppendUint64([]byte{byte(client.kind)}, client.id)) + normal(name)), pair}
}

// normal makes one spelling of a name: no space around it, one case.
func normal(name string) string {
	fold := func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }
	return strings.Map(fold, strings.TrimSpace(name))
}

// hash is the same on all nodes.
func hash(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.BigEndian.Uint64(sum[:])
}

// AccountOf returns the account that an identity proves: an API key, or the
// subject of an issuer.
func AccountOf(id *edgeward.Identity) string {
	if id.APIKey != "" {
		return "api_key/" + id.APIKey
	}
	return "subject/" + id.Issuer + " " + id.Subject
}
