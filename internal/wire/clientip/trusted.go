package clientip

import (
	"fmt"
	"net/netip"
	"slices"
)

// Trusted is the set of declared proxies. It is immutable and safe for
// concurrent use; the zero value and nil trust nobody.
type Trusted struct {
	prefixes networks // of the proxies
	clients  networks // of clients, even within prefixes
	local    bool     // see Local
	unix     bool     // see WithUnix
}

// Unix stands for the peer on a Unix socket, which has no address: a process on
// this machine that the socket's mode lets in. It is no client's address, and never a
// client's.
var Unix = netip.IPv6Unspecified().WithZone("unix")

// New makes the set of all addresses in prefixes. It refuses an invalid prefix,
// one that covers every address (it would let anybody choose a client address
// and pass for a proxy), one with bits set beyond its length (a typing error
// whose meaning must not be guessed), and one that is written twice. A prefix
// within another one is fine.
func New(prefixes []netip.Prefix) (*Trusted, error) {
	sorted, err := order(prefixes)
	if err != nil {
		return nil, err
	}
	return &Trusted{prefixes: sorted}, nil
}

// WithClients returns t with the networks whose addresses are those of clients
// themselves, although they are private: neither proxy nor NAT stands before this
// machine there. No proxy of t is within them. It refuses what [New] refuses, and
// a network that holds a whole declared one, whose proxies would be clients.
func (t *Trusted) WithClients(prefixes []netip.Prefix) (*Trusted, error) {
	sorted, err := order(prefixes)
	if err != nil {
		return nil, err
	}
	for _, p := range t.prefixes {
		if at := sorted.find(p.Addr()); at.IsValid() && at.Bits() <= p.Bits() {
			return nil, fmt.Errorf("clientip: %s of the clients holds the trusted proxies %s: no address can be both", at, p)
		}
	}
	return &Trusted{t.prefixes, sorted, t.local, t.unix}, nil
}

// WithUnix returns t with the peers on Unix sockets among the declared proxies.
func (t *Trusted) WithUnix() *Trusted { return &Trusted{t.prefixes, t.clients, t.local, true} }

// Local returns t for a listener of operators, whom their own machine or a tunnel
// leads to it: a peer on this machine that is no declared proxy and names nobody is
// the client itself.
func (t *Trusted) Local() *Trusted {
	if t == nil {
		return &Trusted{local: true}
	}
	return &Trusted{t.prefixes, t.clients, true, t.unix}
}

// order checks prefixes and sorts them.
func order(prefixes []netip.Prefix) (networks, error) {
	sorted := make([]netip.Prefix, 0, len(prefixes))
	for _, p := range prefixes {
		q, err := check(p)
		if err != nil {
			return nil, err
		}
		if slices.Contains(sorted, q) {
			return nil, fmt.Errorf("clientip: trusted proxy %s is listed twice", p)
		}
		sorted = append(sorted, q)
	}
	slices.SortFunc(sorted, netip.Prefix.Compare)
	return slices.Clip(disjoint(sorted)), nil
}

// check returns p in its one form: a v4-mapped prefix is an IPv4 one.
func check(p netip.Prefix) (netip.Prefix, error) {
	if !p.IsValid() {
		return p, fmt.Errorf("clientip: trusted proxy is not a prefix such as 10.0.0.0/8")
	}
	q := p
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		q = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if q.Bits() == 0 {
		return q, fmt.Errorf("clientip: trusted proxy %s covers every address: every client could forge its address", p)
	}
	if widest := widestBits(q.Addr()); q.Bits() < widest {
		return q, fmt.Errorf("clientip: trusted proxy %s is wider than any network of proxies, /%d at most: two such halves cover every address", p, widest)
	}
	if q.Masked() != q {
		return q, fmt.Errorf("clientip: trusted proxy %s has bits set beyond its length; write %s", p, q.Masked())
	}
	return q, nil
}

// widestBits is the widest network that somebody can own: 10.0.0.0/8, fc00::/7.
func widestBits(a netip.Addr) int {
	if a.Is4() {
		return 8
	}
	return 7
}

// disjoint drops the prefixes that lie within an earlier, wider one.
func disjoint(sorted []netip.Prefix) []netip.Prefix {
	kept := sorted[:0]
	for _, p := range sorted {
		if n := len(kept); n == 0 || !kept[n-1].Overlaps(p) {
			kept = append(kept, p)
		}
	}
	return kept
}

// Contains reports whether addr, unmapped and without its zone, is a declared
// proxy. It does not allocate and takes logarithmic time.
func (t *Trusted) Contains(addr netip.Addr) bool {
	if addr == Unix {
		return t != nil && t.unix
	}
	return t != nil && t.prefixes.find(addr).IsValid() && !t.isClient(addr)
}

// isClient reports whether addr is of a network of clients.
func (t *Trusted) isClient(addr netip.Addr) bool { return t != nil && t.clients.find(addr).IsValid() }

// networks are sorted by address and disjoint, so that at most one can contain an
// address: the last one that does not start after it.
type networks []netip.Prefix

// find returns the one that contains addr, unmapped and without its zone; invalid
// for none.
func (n networks) find(addr netip.Addr) netip.Prefix {
	if len(n) == 0 || !addr.IsValid() || addr == Unix {
		return netip.Prefix{}
	}
	addr = clean(addr)
	low, high := 0, len(n)
	for low < high {
		if mid := (low + high) / 2; n[mid].Addr().Compare(addr) <= 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low > 0 && n[low-1].Contains(addr) {
		return n[low-1]
	}
	return netip.Prefix{}
}
