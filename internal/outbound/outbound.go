// Package outbound makes requests to OpenID providers: to hosts that the
// operator wrote down and, by a stricter rule, to those that a provider's
// documents name. The latter are never at a private address, whatever their
// name resolves to the second time, so that nobody who writes such a document
// reaches into our network (CWE-918).
package outbound

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Config says how a Client reaches out. The zero value follows no redirect and
// believes the system's roots.
type Config struct {
	// RootCAs are believed when a host is reached by TLS; nil means the system's.
	RootCAs *x509.CertPool
	// Redirects are followed within the host, so many of them. 0 makes a
	// redirect an answer like any other.
	Redirects int
	// Transport replaces the package's own, and with it the guard against
	// private addresses. Nil is right but in tests.
	Transport http.RoundTripper
}

// A Client makes requests. It is safe for concurrent use, and made by [New].
type Client struct {
	written *http.Client // for a host that the operator wrote down: it may resolve anywhere
	named   *http.Client // for any other: never a private address
}

// New returns the Client of c.
func New(c Config) *Client {
	written, named := c.Transport, c.Transport
	if c.Transport == nil {
		direct := newTransport(c.RootCAs, nil)
		written, named = direct, viaProxy{direct, newTransport(c.RootCAs, dialPublic)}
	}
	client := func(t http.RoundTripper) *http.Client {
		return &http.Client{Transport: t, CheckRedirect: redirects(c.Redirects)}
	}
	return &Client{client(written), client(named)}
}

// Do makes a request, whose URL [ParseURL] has read, on behalf of a provider
// whose host, without a port, the operator wrote down. The caller closes the
// response's body and bounds the time by the request's context.
func (c *Client) Do(r *http.Request, host string) (*http.Response, error) {
	client := c.named
	if strings.EqualFold(r.URL.Hostname(), host) {
		client = c.written
	}
	r.Header.Set("User-Agent", "edgeward")
	response, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("outbound: %w", err)
	}
	return response, nil
}

// ReadAll reads a body of at most limit bytes, counted after decompression, so
// that a gzip bomb stops there too.
func ReadAll(r *http.Response, limit int) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "" {
		return nil, errors.New("outbound: unexpected content coding")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("outbound: %w", err)
	}
	if len(body) > limit {
		return nil, fmt.Errorf("outbound: answer is larger than %d bytes", limit)
	}
	return body, nil
}
