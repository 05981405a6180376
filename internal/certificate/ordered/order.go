package ordered

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/acme"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/certificate"
)

func trusting(ca []byte) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool(ca)}
}

// order goes through one order, and keeps what came of it.
func (m *Manager) order(ctx context.Context, host string) (*certificate.Pair, error) {
	client, err := m.account(ctx)
	if err != nil {
		return nil, err
	}
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(host))
	if err != nil {
		return nil, fmt.Errorf("the order at %s: %w", m.cfg.Directory, err)
	}
	for _, url := range order.AuthzURLs {
		if err := m.prove(ctx, client, host, url); err != nil {
			return nil, err
		}
	}
	ready, err := client.WaitOrder(ctx, order.URI)
	if err != nil {
		return nil, fmt.Errorf("the order at %s: %w", m.cfg.Directory, err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{host}}, key)
	if err != nil {
		return nil, err
	}
	chain, _, err := client.CreateOrderCert(ctx, ready.FinalizeURL, request, true)
	if err != nil {
		chain, err = issued(ctx, client, order.URI, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the certificate of %s: %w", m.cfg.Directory, err)
	}
	return m.keep(host, chain, key)
}

// issued returns what an order came to that the client lost sight of for reason: it
// waits for the address in Location, which an authority need not repeat (RFC 8555
// §7.4).
func issued(ctx context.Context, client *acme.Client, uri string, reason error) ([][]byte, error) {
	order, err := client.WaitOrder(ctx, uri)
	if err != nil || order.Status != acme.StatusValid {
		return nil, errors.Join(reason, err)
	}
	return client.FetchCert(ctx, order.CertURL, true)
}

// keep makes a pair of what was issued, holds it to what was ordered, and keeps it.
func (m *Manager) keep(host string, chain [][]byte, key *ecdsa.PrivateKey) (*certificate.Pair, error) {
	var certificates bytes.Buffer
	for _, der := range chain {
		_ = pem.Encode(&certificates, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	pair, err := certificate.Parse(host, certificates.Bytes(), edgeward.NewSecret(string(private)))
	if pair, err = verified(pair, host, err); err != nil {
		return nil, fmt.Errorf("what was issued: %w", err)
	}
	return pair, m.folder.write(fileName(host), append(certificates.Bytes(), private...))
}

// prove answers a challenge of an authorization. After an order that failed it is
// the other kind's turn.
func (m *Manager) prove(ctx context.Context, client *acme.Client, host, url string) error {
	authorization, err := client.GetAuthorization(ctx, url)
	if err != nil || authorization.Status == acme.StatusValid {
		return err
	}
	kinds := []string{"tls-alpn-01"}
	if m.cfg.HTTP {
		kinds = []string{"http-01", "tls-alpn-01"}
	}
	kind := kinds[m.triesOf(host)%len(kinds)]
	for _, challenge := range authorization.Challenges {
		if challenge.Type != kind {
			continue
		}
		forget, err := m.cfg.Challenges.show(client, host, challenge)
		if err != nil {
			return err
		}
		defer forget()
		if _, err := client.Accept(ctx, challenge); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		if _, err := client.WaitAuthorization(ctx, url); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		return nil
	}
	return fmt.Errorf("%s offers no %s", m.cfg.Directory, kind)
}
