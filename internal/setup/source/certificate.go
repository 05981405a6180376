package source

import (
	"crypto/x509"
	"errors"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/certificate"
	"github.com/edgeward/edgeward/internal/setup/config/transport"
	"github.com/edgeward/edgeward/internal/setup/document"
)

// Certificate implements [config.Source]. One that is over, or not valid yet, is
// no mistake: it must not keep a gateway down that has others.
func (f *Files) Certificate(chain, key string) (transport.Certificate, *document.Fault) {
	return f.certificate(chain, key, certificate.Parse)
}

// ClientCertificate implements [config.Source].
func (f *Files) ClientCertificate(chain, key string) (transport.Certificate, *document.Fault) {
	return f.certificate(chain, key, certificate.ParseClient)
}

func (f *Files) certificate(chain, key string, parse func(name string, chain []byte, key edgeward.Secret) (*certificate.Pair, error)) (c transport.Certificate, fault *document.Fault) {
	if c.Name, fault = fileName(chain, "tls.crt"); fault != nil {
		return c, fault
	}
	keyName, fault := fileName(key, "tls.key")
	if fault != nil {
		return c, of("key", fault)
	}
	data, _, err := f.read(f.Locate(c.Name), maxSecret)
	if err != nil {
		return c, unread(c.Name, err)
	}
	private, fault := f.secretFile(keyName)
	if fault != nil {
		return c, of("key", fault)
	}
	c.Chain, c.Key = data, edgeward.NewSecret(string(private))
	pair, err := parse(c.Name, c.Chain, c.Key)
	if err != nil {
		return c, document.Faultf(remedy(err, c.Name, keyName), "%s, with the key in %s: %v", c.Name, keyName, err)
	}
	c.Hosts, c.NotBefore, c.NotAfter = pair.Names(), pair.Chain.Leaf.NotBefore, pair.Chain.Leaf.NotAfter
	return c, nil
}

func of(member string, fault *document.Fault) *document.Fault {
	fault.Member = member
	return fault
}

// remedy says what to do about what [certificate.Parse] found.
func remedy(err error, chain, key string) string {
	switch {
	case errors.Is(err, certificate.ErrMismatch):
		return "name the key that the certificate was ordered with, or order another: openssl x509 -pubkey -noout -in " + chain + " and openssl pkey -pubout -in " + key + " have to print the same"
	case errors.Is(err, certificate.ErrOrder):
		return "cat host.pem intermediate.pem > " + chain
	case errors.Is(err, certificate.ErrNoCertificate):
		return "it begins with -----BEGIN CERTIFICATE-----"
	case errors.Is(err, certificate.ErrNoKey):
		return "it begins with -----BEGIN PRIVATE KEY-----"
	}
	return "order one for the names of the hosts"
}

// Authority implements [config.Source].
func (f *Files) Authority(reference string) ([]byte, *document.Fault) {
	name, fault := fileName(reference, "ca.pem")
	if fault != nil {
		return nil, fault
	}
	data, _, err := f.read(f.Locate(name), maxSecret)
	if err != nil {
		return nil, unread(name, err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		return nil, document.Faultf("it begins with -----BEGIN CERTIFICATE-----", "%s: %v", name, certificate.ErrNoCertificate)
	}
	return data, nil
}
