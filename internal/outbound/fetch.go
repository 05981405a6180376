package outbound

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login/openid"
)

const (
	fetchTimeout = 10 * time.Second // of a request with its answer
	maxAnswer    = 1 << 20          // bytes of an answer
)

// A Fetcher makes the requests of a sign-in. The zero Fetcher makes none.
type Fetcher struct{ *clients }

// clients are one for each authority that requests name: few, since configurations
// alone have them.
type clients struct {
	config Config
	mu     sync.Mutex
	by     map[string]*Client
}

// of returns the client that believes an authority.
func (c *clients) of(authority string) *Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[authority] == nil {
		config := c.config
		if authority != "" {
			config.RootCAs = Roots([]byte(authority))
		}
		c.by[authority] = New(config)
	}
	return c.by[authority]
}

// Roots returns the certificates in PEM as what is believed, nil, the system's, for
// none. Where none can be read, nothing is believed.
func Roots(pem []byte) *x509.CertPool {
	if len(pem) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}

var _ openid.Fetcher = Fetcher{}

// NewFetcher returns the Fetcher of c, which follows no redirect whatever c
// says: a code and a secret go where they were sent, or nowhere.
func NewFetcher(c Config) Fetcher {
	c.Redirects = 0
	return Fetcher{&clients{config: c, by: map[string]*Client{}}}
}

// Fetch implements [openid.Fetcher].
func (f Fetcher) Fetch(ctx context.Context, r openid.Request) (openid.Response, error) {
	u, err := ParseURL(r.URL)
	if err != nil {
		return openid.Response{}, err
	}
	issuer, err := ParseURL(r.Issuer)
	if err != nil {
		return openid.Response{}, err
	}
	if f.clients == nil {
		return openid.Response{}, fmt.Errorf("outbound: the zero Fetcher was asked for %s", u.Redacted())
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return openid.Response{}, fmt.Errorf("outbound: %w", err)
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	host := issuer.Hostname()
	if r.Written {
		host = u.Hostname()
	}
	response, err := f.of(r.Authority).Do(request, host)
	if err != nil {
		return openid.Response{}, err
	}
	defer response.Body.Close()
	body, err := ReadAll(response, maxAnswer)
	if err != nil {
		return openid.Response{}, err
	}
	return openid.Response{Status: response.StatusCode, Header: edgeward.Header(response.Header), Body: body}, nil
}
