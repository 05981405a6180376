package state

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/cloudflare/runtime"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/login/openid"
)

const (
	acceptKeys   = "application/jwk-set+json, application/json" // RFC 7517 §8.5; a Kubernetes API server takes nothing less
	maxRedirects = 3
)

var errNotFound = errors.New("state: fetch: status 404")

// fetchJSON gets one JSON document with status 200, of at most [jwks.MaxSize]
// bytes, and says how long it lives. Redirects are followed within the host, as
// the gateway follows them.
func fetchJSON(ctx context.Context, url string) ([]byte, time.Duration, error) {
	for range maxRedirects + 1 {
		r, err := runtime.Fetcher{}.Fetch(ctx, openid.Request{Method: "GET", URL: url, Header: edgeward.Header{"Accept": {acceptKeys}}})
		if err != nil {
			return nil, 0, err
		}
		if isRedirect(r.Status) {
			if url, err = redirected(url, r.Header.First("Location")); err != nil {
				return nil, 0, err
			}
			continue
		}
		return r.Body, jwks.MaxAge(r.Header.First("Cache-Control")), checkDocument(&r)
	}
	return nil, 0, fmt.Errorf("state: fetch: more than %d redirects", maxRedirects)
}

func checkDocument(r *openid.Response) error {
	switch media := r.Header.First("Content-Type"); {
	case r.Status == 404:
		return errNotFound
	case r.Status != 200:
		return fmt.Errorf("state: fetch: status %d", r.Status)
	case !isJSON(media):
		return fmt.Errorf("state: fetch: content type is %.100q, not JSON", media)
	case len(r.Body) > jwks.MaxSize:
		return errors.New("state: fetch: too large")
	}
	return nil
}

// isJSON reports whether a media type is JSON; it knows no case (RFC 9110
// §8.3.1).
func isJSON(media string) bool {
	media, _, _ = strings.Cut(media, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
}

func isRedirect(status int) bool {
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308
}

// redirected returns where location leads from url: to the same scheme and host,
// or nowhere, since whoever can redirect us elsewhere would choose our keys.
func redirected(url, location string) (string, error) {
	from, err := canonical.RequestTarget(url)
	if err != nil {
		return "", fmt.Errorf("state: fetch: %w", err)
	}
	to, err := canonical.RequestTarget(location)
	if err != nil || to.Host == "" && strings.HasPrefix(location, "//") {
		return "", errors.New("state: fetch: a redirect to what is no path and no URL")
	}
	if to.Host == "" {
		return from.Scheme + "://" + from.Host + location, nil
	}
	if to.Host != from.Host || to.Scheme != from.Scheme {
		return "", errors.New("state: fetch: a redirect to another host")
	}
	return location, nil
}
