// Package clientip finds the address of the client behind declared proxies.
//
// X-Forwarded-For is read from the right: each proxy appends the address that
// it saw, so only what a trusted proxy appended is true and everything further
// left is what the client chose to write. The leftmost address, which many
// gateways take, is the attacker's. Forwarded and X-Real-IP are never read: a
// proxy that does not know them passes the client's own on.
package clientip

import (
	"net/netip"
	"slices"

	"github.com/edgeward/edgeward"
)

const field = "X-Forwarded-For"

// Client returns the address of the client whose request arrived from peer,
// unmapped and without a zone, or the invalid address when it is unknown. Callers
// count no failed attempts of an unknown client and open nothing to it that is
// bound to networks. Known is:
//
//   - behind declared proxies, the rightmost address of X-Forwarded-For, on all
//     its lines, that is no declared proxy;
//   - an undeclared peer of the Internet, whatever it claims: it is the client;
//   - in all of these places, an address of [Trusted.WithClients].
//
// A proxy's own address is never the answer: it would stand for everybody behind
// the proxy, so that one client could have all of them banned, and a key bound to
// the proxy's network would open to all. So unknown is:
//
//   - what a declared proxy does not say, or says in words that are no address,
//     such as the "unknown" and "_hidden" of RFC 7239 §6.2 and §6.3;
//   - an undeclared peer of a private network or this machine, which may be a
//     balancer or a NAT that sends no field; in the field, a private address that
//     names another one to its left;
//   - an address that has a meaning to the proxy alone: of its own machine, of a
//     link, multicast, unspecified.
//
// Client allocates nothing and takes time linear in the field.
func (t *Trusted) Client(peer netip.Addr, h edgeward.Header) netip.Addr {
	o := t.origin(peer, h)
	switch {
	case o.unreadable || t.Contains(o.addr):
		return netip.Addr{}
	case t.isClient(o.addr) || public(o.addr) || o.named && !o.names && private(o.addr):
		return o.addr
	case t != nil && t.local && o.addr.IsLoopback() && !o.named && !o.names:
		return o.addr
	}
	return netip.Addr{}
}

// Nearby returns the farthest address that is true, for decisions about this
// machine alone: it may be a proxy's own. It is invalid when that address asks for
// somebody who is not known.
func (t *Trusted) Nearby(peer netip.Addr, h edgeward.Header) netip.Addr {
	o := t.origin(peer, h)
	if o.unreadable || o.names {
		return netip.Addr{}
	}
	return o.addr
}

// Chain returns the X-Forwarded-For value to send upstream: the client as a
// declared proxy named it, the declared proxies that the request passed, and
// peer. What the client wrote left of that is gone. It is "" when peer is
// invalid.
func (t *Trusted) Chain(peer netip.Addr, h edgeward.Header) string {
	chain := []netip.Addr{clean(peer)}
	if peer == Unix {
		chain = chain[:0]
	}
	for hop := range t.hops(peer, h) {
		if !hop.IsValid() {
			break
		}
		chain = append(chain, hop)
	}
	var b []byte
	for _, hop := range slices.Backward(chain) {
		b = append(hop.AppendTo(b), ", "...)
	}
	return string(b[:max(len(b)-len(", "), 0)])
}

// An origin is the farthest address that is true, and what it says.
type origin struct {
	addr       netip.Addr
	named      bool // by a declared proxy; else it is the peer
	names      bool // it asks for somebody, and is not believed
	unreadable bool // it is believed, and asks for somebody who is no address
}

func (t *Trusted) origin(peer netip.Addr, h edgeward.Header) origin {
	o, passed := origin{addr: clean(peer)}, 0
	if peer == Unix { // which clean leaves to no client's field
		o.addr = Unix
	}
	for hop := range t.hops(peer, h) {
		passed++
		if !hop.IsValid() {
			o.unreadable = true
			return o
		}
		o.addr, o.named = hop, true
	}
	o.names = !t.Contains(o.addr) && more(h[field], passed)
	return o
}

// hops yields the addresses that are true, nearest first, without peer, and the
// invalid address, as the last, for what cannot be read.
func (t *Trusted) hops(peer netip.Addr, h edgeward.Header) func(func(netip.Addr) bool) {
	return func(yield func(netip.Addr) bool) {
		if !t.Contains(peer) {
			return
		}
		for element := range elements(h[field]) {
			if hop := parse(element); !yield(hop) || !t.Contains(hop) {
				return
			}
		}
	}
}

// clean gives an address its one form: ::ffff:192.0.2.1 is 192.0.2.1, and a
// zone, which a client can make up without end, is dropped.
func clean(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
