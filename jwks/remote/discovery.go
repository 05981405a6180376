package remote

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/outbound"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwks"
)

const (
	// wellKnown is the place of the metadata (OpenID Connect Discovery §4).
	wellKnown = "/.well-known/openid-configuration"
	// serverMetadata is where an authorization server without OpenID Connect has
	// it, between host and path of its name (RFC 8414 §3).
	serverMetadata = "/.well-known/oauth-authorization-server"

	maxName      = 32 // bytes of an algorithm's name
	maxAnnounced = 20 // algorithms that metadata is believed to name
)

// discovered is where metadata said the keys are, and when.
type discovered struct {
	uri        *url.URL
	at         time.Time
	algorithms []string // id_token_signing_alg_values_supported
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

// serverMetadataURL returns where RFC 8414 §3.1 puts the metadata of the issuer
// whose OpenID metadata would be at u.
func serverMetadataURL(u *url.URL) (*url.URL, error) {
	other := *u
	path := strings.TrimSuffix(u.EscapedPath(), wellKnown)
	other.Path, other.RawPath = "", ""
	return outbound.ParseURL(other.String() + serverMetadata + path)
}

// discover returns the URL of the key set, from metadata that is at most
// [jwks.DefaultTTL] old.
func (f *fetcher) discover(ctx context.Context) (*url.URL, error) {
	if f.found.uri != nil && f.now().Sub(f.found.at) < jwks.DefaultTTL {
		return f.found.uri, nil
	}
	body, err := f.metadata(ctx)
	if err != nil {
		return nil, err
	}
	found, err := f.readMetadata(body)
	if err != nil {
		return nil, fmt.Errorf("remote: metadata of %s: %w", f.issuer, err)
	}
	found.at = f.now()
	f.found = found
	return found.uri, nil
}

// metadata fetches the OpenID metadata, or where there is none (404) that of RFC
// 8414. Which it is makes no difference: either has to name the issuer.
func (f *fetcher) metadata(ctx context.Context) ([]byte, error) {
	body, _, err := f.get(ctx, f.source)
	if !errors.Is(err, errNotFound) || f.stated {
		return body, err
	}
	other, bad := serverMetadataURL(f.source)
	if bad == nil {
		body, _, bad = f.get(ctx, other)
	}
	switch {
	case bad == nil:
		return body, nil
	case errors.Is(bad, errNotFound):
		return nil, fmt.Errorf("%w, nor at %s; if the issuer has keys all the same, give their address as jwks_uri", err, serverMetadata)
	}
	return nil, bad
}

// readMetadata returns what f looks for. The metadata must name the issuer exactly as
// configured, else one provider could speak for another (RFC 8414 §3.3).
func (f *fetcher) readMetadata(body []byte) (found discovered, err error) {
	m, err := strictjson.Object(body)
	if err != nil {
		return found, err
	}
	v, _ := m.Stated("issuer")
	if issuer, _ := v.String(); issuer != f.issuer {
		return found, fmt.Errorf("issuer is %.200q, not the configured one", issuer)
	}
	v, _ = m.Stated("jwks_uri")
	raw, ok := v.String()
	if !ok {
		return found, errors.New("no jwks_uri; an issuer that signs with HS256 publishes no keys: give its secret instead")
	}
	u, err := outbound.ParseURL(raw)
	if err != nil {
		return found, err
	}
	if u.Scheme != "https" && (f.source.Scheme == "https" || !strings.EqualFold(u.Hostname(), f.source.Hostname())) {
		return found, errors.New("jwks_uri must be https")
	}
	return discovered{uri: u, algorithms: announced(m)}, nil
}

// announced returns what metadata says that ID tokens are signed with; it serves
// a note to the operator and decides nothing.
func announced(m strictjson.Members) []string {
	v, _ := m.Stated("id_token_signing_alg_values_supported")
	all, _ := v.Strings()
	all = slices.DeleteFunc(all, func(name string) bool { return len(name) > maxName || !edgeward.IsScopeToken(name) })
	return all[:min(len(all), maxAnnounced)]
}
