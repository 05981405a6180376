package certificate

import (
	"crypto/tls"
	"net/netip"
	"strings"
)

// A Set is the pairs of a listener. It is immutable and safe for concurrent use.
type Set struct {
	pairs []*Pair
	names map[string][]*Pair // lower case; with "*." for any one label
}

// NewSet makes a Set of pairs; the first is for clients that name no host, or one
// that none is for.
func NewSet(pairs ...*Pair) *Set {
	s := &Set{pairs: pairs, names: map[string][]*Pair{}}
	for _, p := range pairs {
		for _, name := range p.Names() {
			name = strings.ToLower(name)
			s.names[name] = append(s.names[name], p)
		}
	}
	return s
}

// Pairs returns them in their order. A nil Set has none.
func (s *Set) Pairs() []*Pair {
	if s == nil {
		return nil
	}
	return s.pairs
}

// Named returns the pairs for a host: those that name it exactly, or else those
// that name all hosts of its domain (RFC 6125 §6.4.3: one label, the leftmost).
func (s *Set) Named(host string) []*Pair {
	if s == nil || host == "" {
		return nil
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if found := s.names[host]; found != nil {
		return found
	}
	if _, domain, ok := strings.Cut(host, "."); ok && domain != "" {
		if _, err := netip.ParseAddr(host); err != nil {
			return s.names["*."+domain]
		}
	}
	return nil
}

// For returns the certificate for a client: of the pairs for the host that it
// names the first that it can use, of a host without pairs the first of all. It is
// nil when there is none at all.
func (s *Set) For(hello *tls.ClientHelloInfo) *tls.Certificate {
	fitting := s.Named(hello.ServerName)
	if fitting == nil {
		fitting = s.Pairs()
	}
	if len(fitting) == 1 {
		return &fitting[0].Chain
	}
	for _, p := range fitting {
		if hello.SupportsCertificate(&p.Chain) == nil {
			return &p.Chain
		}
	}
	if len(fitting) == 0 {
		return nil
	}
	return &fitting[0].Chain
}
