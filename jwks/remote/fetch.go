package remote

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/outbound"
	"github.com/edgeward/edgeward/jwks"
)

const (
	maxRedirects = 3
	accept       = "application/jwk-set+json, application/json"
)

// A fetcher gets documents by HTTP from hosts that the operator wrote down,
// and, under a stricter rule, from those that metadata names.
type fetcher struct {
	issuer string
	source *url.URL // the metadata, or the key set when direct
	direct bool     // source is the key set
	stated bool     // source is not where the issuer's name puts it
	client *outbound.Client
	now    func() time.Time
	found  discovered // touched by one attempt at a time
}

func newFetcher(c Config) (*fetcher, error) {
	f := &fetcher{issuer: c.Issuer, direct: c.JWKSURI != "", now: c.Now}
	var err error
	if f.direct {
		f.source, err = outbound.ParseURL(c.JWKSURI)
	} else if c.MetadataURL != "" {
		f.stated = true
		f.source, err = outbound.ParseURL(c.MetadataURL)
	} else {
		f.source, err = metadataURL(c.Issuer)
	}
	if err != nil {
		return nil, fmt.Errorf("remote: %w", err)
	}
	f.client = outbound.New(outbound.Config{
		RootCAs: c.RootCAs, Redirects: maxRedirects, Transport: c.Transport,
	})
	return f, nil
}

// keySet fetches the key set, after the metadata where its URL is not known.
func (f *fetcher) keySet(ctx context.Context) (body []byte, header http.Header, err error) {
	if f.direct {
		return f.get(ctx, f.source)
	}
	uri, err := f.discover(ctx)
	if err != nil {
		return nil, nil, err
	}
	body, header, err = f.get(ctx, uri)
	if err != nil {
		f.found = discovered{} // it may have moved
	}
	return body, header, err
}

// get fetches one JSON document of at most [jwks.MaxSize] bytes.
func (f *fetcher) get(ctx context.Context, u *url.URL) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("remote: %w", err)
	}
	request.Header.Set("Accept", accept)
	response, err := f.client.Do(request, f.source.Hostname())
	if err != nil {
		return nil, nil, fmt.Errorf("remote: %w", err)
	}
	defer response.Body.Close()
	if err := checkResponse(response); err != nil {
		return nil, nil, fmt.Errorf("remote: %s: %w", u.Redacted(), err)
	}
	body, err := outbound.ReadAll(response, jwks.MaxSize)
	if err != nil {
		return nil, nil, fmt.Errorf("remote: %s: %w", u.Redacted(), err)
	}
	return body, response.Header, nil
}

var errNotFound = errors.New("status 404")

// checkResponse takes JSON with status 200 and nothing else: an error page, a
// login form or somebody's upload on the same host is no key set.
func checkResponse(r *http.Response) error {
	if r.StatusCode == http.StatusNotFound {
		return errNotFound
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", r.StatusCode)
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && !(strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")) {
		return fmt.Errorf("content type is %.100q, not JSON", r.Header.Get("Content-Type"))
	}
	return nil
}
