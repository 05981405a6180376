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
	"strings"

	"github.com/edgeward/edgeward"
)

// maxAddr bounds one address of X-Forwarded-For in bytes; the longest IPv6
// address has 45, and a zone can follow.
const maxAddr = 64

const field = "X-Forwarded-For"

// Client returns the address of the client whose request arrived from peer: of
// the addresses that X-Forwarded-For lists, on all its lines, the rightmost that
// is no trusted proxy. An untrusted peer is the client itself, whatever it
// claims. At anything that is no bare address the walk ends and the client is
// the last trusted hop, so that garbage never becomes a key of a limiter.
//
// The result is unmapped and without a zone, and invalid only when peer is.
func (t *Trusted) Client(peer netip.Addr, h edgeward.Header) netip.Addr {
	client := clean(peer)
	for hop := range t.hops(peer, h) {
		client = hop
	}
	return client
}

// Chain returns the X-Forwarded-For value to send upstream: the client as
// [Trusted.Client] finds it, the trusted proxies that the request passed, and
// peer. What the client wrote left of that is gone. It is "" when peer is
// invalid.
func (t *Trusted) Chain(peer netip.Addr, h edgeward.Header) string {
	chain := []netip.Addr{clean(peer)}
	for hop := range t.hops(peer, h) {
		chain = append(chain, hop)
	}
	var b []byte
	for _, hop := range slices.Backward(chain) {
		b = append(hop.AppendTo(b), ", "...)
	}
	return string(b[:len(b)-len(", ")])
}

// hops yields the addresses that are true, nearest first, without peer.
func (t *Trusted) hops(peer netip.Addr, h edgeward.Header) func(func(netip.Addr) bool) {
	return func(yield func(netip.Addr) bool) {
		if !t.Contains(peer) {
			return
		}
		lines := h[field]
		for i := len(lines) - 1; i >= 0; i-- {
			for line, more := lines[i], true; more; {
				var last string
				line, last, more = cutLast(line)
				hop, ok := parse(last)
				if !ok || !yield(hop) || !t.Contains(hop) {
					return
				}
			}
		}
	}
}

// cutLast splits a list at its last comma.
func cutLast(line string) (rest, last string, more bool) {
	comma := strings.LastIndexByte(line, ',')
	if comma < 0 {
		return "", line, false
	}
	return line[:comma], line[comma+1:], true
}

// parse reads one bare address, with optional white space around it.
func parse(s string) (netip.Addr, bool) {
	s = strings.Trim(s, " \t")
	if len(s) > maxAddr {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(s)
	return clean(addr), err == nil
}

// clean gives an address its one form: ::ffff:192.0.2.1 is 192.0.2.1, and a
// zone, which a client can make up without end, is dropped.
func clean(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
