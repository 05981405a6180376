package outbound

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/login/openid"
)

const (
	fetchTimeout = 10 * time.Second // of a request with its answer
	maxAnswer    = 1 << 20          // bytes of an answer
)

// A Fetcher makes the requests of a sign-in. The zero Fetcher makes none.
type Fetcher struct{ client *Client }

var _ openid.Fetcher = Fetcher{}

// NewFetcher returns the Fetcher of c, which follows no redirect whatever c
// says: a code and a secret go where they were sent, or nowhere.
func NewFetcher(c Config) Fetcher {
	c.Redirects = 0
	return Fetcher{New(c)}
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
	if f.client == nil {
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
	response, err := f.client.Do(request, issuer.Hostname())
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
