package remote

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/edgeward/edgeward/internal/outbound"
	"github.com/edgeward/edgeward/internal/strictjson"
	"github.com/edgeward/edgeward/jwks"
)

// wellKnown is the place of the metadata (OpenID Connect Discovery §4).
const wellKnown = "/.well-known/openid-configuration"

// discovered is where metadata said the keys are, and when.
type discovered struct {
	uri *url.URL
	at  time.Time
}

// metadataURL returns where issuer's metadata lies. A final slash is not
// doubled (OpenID Connect Discovery §4.1).
func metadataURL(issuer string) (*url.URL, error) {
	u, err := outbound.ParseURL(issuer)
	if err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	if u.RawQuery != "" || u.ForceQuery { // RFC 8414 §2
		return nil, errors.New("issuer: a URL with a query has no metadata")
	}
	return outbound.ParseURL(strings.TrimSuffix(issuer, "/") + wellKnown)
}

// discover returns the URL of the key set, from metadata that is at most
// [jwks.DefaultTTL] old.
func (f *fetcher) discover(ctx context.Context) (*url.URL, error) {
	if f.found.uri != nil && f.now().Sub(f.found.at) < jwks.DefaultTTL {
		return f.found.uri, nil
	}
	body, _, err := f.get(ctx, f.source)
	if err != nil {
		return nil, err
	}
	uri, err := f.readMetadata(body)
	if err != nil {
		return nil, fmt.Errorf("remote: metadata of %s: %w", f.issuer, err)
	}
	f.found = discovered{uri, f.now()}
	return uri, nil
}

// readMetadata returns jwks_uri. The metadata must name the issuer exactly as
// configured, else one provider could speak for another (RFC 8414 §3.3).
func (f *fetcher) readMetadata(body []byte) (*url.URL, error) {
	m, err := strictjson.Object(body)
	if err != nil {
		return nil, err
	}
	v, _ := m.Lookup("issuer")
	if issuer, _ := v.String(); issuer != f.issuer {
		return nil, fmt.Errorf("issuer is %.200q, not the configured one", issuer)
	}
	v, _ = m.Lookup("jwks_uri")
	raw, ok := v.String()
	if !ok {
		return nil, errors.New("no jwks_uri")
	}
	u, err := outbound.ParseURL(raw)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && (f.source.Scheme == "https" || !strings.EqualFold(u.Hostname(), f.source.Hostname())) {
		return nil, errors.New("jwks_uri must be https")
	}
	return u, nil
}
