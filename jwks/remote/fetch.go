package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/edgeward/edgeward/jwks"
)

// A fetcher gets documents by HTTP from hosts that the operator wrote down,
// and, under a stricter rule, from those that metadata names.
type fetcher struct {
	issuer  string
	source  *url.URL     // the metadata, or the key set when direct
	direct  bool         // source is the key set
	written *http.Client // for the host of source: it may resolve anywhere
	named   *http.Client // for any other: never a private address
	now     func() time.Time
	found   discovered // touched by one attempt at a time
}

func newFetcher(c Config) (*fetcher, error) {
	f := &fetcher{issuer: c.Issuer, direct: c.JWKSURI != "", now: c.Now}
	var err error
	if f.direct {
		f.source, err = parseURL(c.JWKSURI)
	} else {
		f.source, err = metadataURL(c.Issuer)
	}
	if err != nil {
		return nil, err
	}
	f.written, f.named = newClient(c.Transport), newClient(c.Transport)
	if c.Transport == nil {
		f.written.Transport = newTransport(c.RootCAs, nil)
		f.named.Transport = viaProxy{f.written.Transport, newTransport(c.RootCAs, dialPublic)}
	}
	return f, nil
}

// parseURL demands an absolute https URL without userinfo and fragment. Plain
// http is for loopback alone, where dev's provider lives.
func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, errors.New("remote: not an absolute URL without userinfo and fragment")
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("remote: %s must be https", u.Redacted())
	}
	return u, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || strings.EqualFold(host, "localhost")
}

// keySet fetches the key set, after the metadata where its URL is not known.
func (f *fetcher) keySet(ctx context.Context) (body []byte, header http.Header, err error) {
	if f.direct {
		return get(ctx, f.written, f.source)
	}
	uri, err := f.discover(ctx)
	if err != nil {
		return nil, nil, err
	}
	body, header, err = get(ctx, f.clientFor(uri), uri)
	if err != nil {
		f.found = discovered{} // it may have moved
	}
	return body, header, err
}

func (f *fetcher) clientFor(u *url.URL) *http.Client {
	if strings.EqualFold(u.Hostname(), f.source.Hostname()) {
		return f.written
	}
	return f.named
}

// get fetches one JSON document of at most [jwks.MaxSize] bytes, counted after
// decompression, so that a gzip bomb stops there too.
func get(ctx context.Context, client *http.Client, u *url.URL) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("remote: %w", err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	request.Header.Set("User-Agent", "edgeward")
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, fmt.Errorf("remote: %w", err)
	}
	defer response.Body.Close()
	if err := checkResponse(response); err != nil {
		return nil, nil, fmt.Errorf("remote: %s: %w", u.Redacted(), err)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, jwks.MaxSize+1))
	if err != nil {
		return nil, nil, fmt.Errorf("remote: %s: %w", u.Redacted(), err)
	}
	if len(body) > jwks.MaxSize {
		return nil, nil, fmt.Errorf("remote: %s: answer is larger than %d bytes", u.Redacted(), jwks.MaxSize)
	}
	return body, response.Header, nil
}

// checkResponse takes JSON with status 200 and nothing else: an error page, a
// login form or somebody's upload on the same host is no key set.
func checkResponse(r *http.Response) error {
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", r.StatusCode)
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" {
		return errors.New("unexpected content coding")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" && !(strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")) {
		return errors.New("content type is not JSON")
	}
	return nil
}
