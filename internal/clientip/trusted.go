package clientip

import (
	"fmt"
	"net/netip"
	"slices"
)

// Trusted is the set of declared proxies. It is immutable and safe for
// concurrent use; the zero value and nil trust nobody.
type Trusted struct {
	// prefixes are sorted by address and disjoint, so that at most one can
	// contain an address: the last one that does not start after it.
	prefixes []netip.Prefix
}

// New makes the set of all addresses in prefixes. It refuses an invalid prefix,
// one that covers every address (it would let anybody choose a client address
// and pass for a proxy), one with bits set beyond its length (a typing error
// whose meaning must not be guessed), and one that is written twice. A prefix
// within another one is fine.
func New(prefixes []netip.Prefix) (*Trusted, error) {
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
	return &Trusted{slices.Clip(disjoint(sorted))}, nil
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
		return q, fmt.Errorf("clientip: trusted proxy %s covers every address: anybody could forge a client address", p)
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
	if t == nil || len(t.prefixes) == 0 || !addr.IsValid() {
		return false
	}
	addr = clean(addr)
	low, high := 0, len(t.prefixes)
	for low < high {
		if mid := (low + high) / 2; t.prefixes[mid].Addr().Compare(addr) <= 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low > 0 && t.prefixes[low-1].Contains(addr)
}
