package certificate

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
)

// maxChain bounds how many certificates one chain has.
const maxChain = 10

// A Pair is a chain and the key of its first certificate. It is immutable.
type Pair struct {
	Name  string // what messages call it: a file, or the host that it was issued for
	Chain tls.Certificate
}

// What is wrong with a pair. Each says for a person what to do.
var (
	ErrNoCertificate = errors.New("it holds no certificate in PEM")
	ErrNoKey         = errors.New("it holds no private key in PEM (RSA, ECDSA or Ed25519, not encrypted)")
	ErrMismatch      = errors.New("the key does not belong to the certificate")
	ErrOrder         = errors.New("the chain is in the wrong order: first the certificate of the host, then each issuer of the one before it")
	ErrNoNames       = errors.New("the certificate names no host (subjectAltName), so that no browser takes it")
)

// Parse reads a chain and a key in PEM, of a server. Its errors wrap one of those
// above, and never quote the key.
func Parse(name string, chain []byte, key edgeward.Secret) (*Pair, error) {
	p, err := ParseClient(name, chain, key)
	if err == nil && len(p.Chain.Leaf.DNSNames)+len(p.Chain.Leaf.IPAddresses) == 0 {
		return nil, ErrNoNames
	}
	return p, err
}

// ParseClient is Parse for the certificate of a client, which need not name a host.
func ParseClient(name string, chain []byte, key edgeward.Secret) (*Pair, error) {
	certificates, err := parseChain(chain)
	if err != nil {
		return nil, err
	}
	private, err := parseKey([]byte(key.Reveal()))
	if err != nil {
		return nil, err
	}
	if !belongs(private, certificates[0]) {
		for _, later := range certificates[1:] {
			if belongs(private, later) {
				return nil, ErrOrder
			}
		}
		return nil, ErrMismatch
	}
	for i, c := range certificates[1:] {
		if !bytes.Equal(certificates[i].RawIssuer, c.RawSubject) || certificates[i].CheckSignatureFrom(c) != nil {
			return nil, ErrOrder
		}
	}
	p := &Pair{Name: name, Chain: tls.Certificate{PrivateKey: private, Leaf: certificates[0]}}
	for _, c := range certificates {
		p.Chain.Certificate = append(p.Chain.Certificate, c.Raw)
	}
	return p, nil
}

func parseChain(data []byte) (all []*x509.Certificate, err error) {
	for len(all) <= maxChain {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoCertificate, err)
		}
		all = append(all, c)
	}
	switch {
	case len(all) == 0:
		return nil, ErrNoCertificate
	case len(all) > maxChain:
		return nil, fmt.Errorf("%w: a chain has at most %d", ErrOrder, maxChain)
	}
	return all, nil
}

// parseKey reads the first private key. What x509 says of one that it cannot read
// is left out: it may quote it.
func parseKey(data []byte) (crypto.Signer, error) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil, ErrNoKey
		}
		var key any
		var err error
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		default: // parameters of a curve, or the chain in the same file
			continue
		}
		signer, ok := key.(crypto.Signer)
		if err != nil || !ok {
			return nil, ErrNoKey
		}
		return signer, nil
	}
}

func belongs(key crypto.Signer, c *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(c.PublicKey)
}

// Names are the hosts that the certificate is for, addresses among them.
func (p *Pair) Names() []string {
	names := append([]string{}, p.Chain.Leaf.DNSNames...)
	for _, ip := range p.Chain.Leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// Expires is when the first certificate of the chain to expire does: with an
// issuer that is over, the rest is of no use.
func (p *Pair) Expires() time.Time { return p.Chain.Leaf.NotAfter }

// Trouble says what is wrong with p at that time, and what will be within soon;
// nil for nothing.
func (p *Pair) Trouble(now time.Time, soon time.Duration) error {
	leaf := p.Chain.Leaf
	switch {
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("it is not valid before %s", leaf.NotBefore.UTC().Format(time.RFC3339))
	case now.After(leaf.NotAfter):
		return fmt.Errorf("it expired on %s", leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Add(soon).After(leaf.NotAfter):
		return fmt.Errorf("it expires on %s", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}
