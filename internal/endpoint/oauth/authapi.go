// Package oauth is the door for tokens: the OAuth endpoints, the refresh for
// browsers, and what others need to know to trust our tokens. It stands on the
// proxy's listener before the routes.
//
//	POST /oauth/token        refresh_token grant      RFC 6749 §6
//	POST /oauth/revoke       for who holds a token    RFC 7009
//	POST /oauth/introspect   for API keys             RFC 7662
//	POST /auth/refresh       refresh token in a cookie
//	GET  /.well-known/jwks.json                       RFC 7517
//	GET  /.well-known/oauth-authorization-server      RFC 8414
//
// Clients are public: none has a secret, and what sounds like one is refused
// rather than ignored. A parameter in the URL ends up in logs and is refused.
// Every invalid grant gets the same answer; the log has the reason. Where no RFC
// says what an error looks like it is a problem document.
//
// A store in trouble is a 503 with Retry-After: the client keeps its token, and
// its cookie, and asks again.
package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/clientip"
)

// The paths of the endpoints.
const (
	TokenPath         = "/oauth/token"
	RevocationPath    = "/oauth/revoke"
	IntrospectionPath = "/oauth/introspect"
	RefreshPath       = "/auth/refresh"
	KeysPath          = "/.well-known/jwks.json"
	MetadataPath      = "/.well-known/oauth-authorization-server"
)

// ScopeIntrospect is the permission of an API key that may introspect.
const ScopeIntrospect = issuance.ScopeIntrospect

// Config is what an API is made of.
type Config struct {
	Authority *issuance.Authority // with a minter, refresh families and a verifier of our tokens
	Trusted   *clientip.Trusted   // proxies in front that are believed; nil: none
	Observer  door.Observer       // nil watches nothing
	// InsecureHTTP lets a browser on this machine refresh by a cookie without
	// HTTPS. The peer has to be a loopback address all the same.
	InsecureHTTP bool
	Now          func() time.Time // nil means time.Now
}

// An API is an [http.Handler] for the paths that it serves. It is immutable and
// safe for concurrent use.
type API struct {
	authority *issuance.Authority
	door      door.Door
	insecure  bool
	now       func() time.Time
	endpoints map[string]*endpoint // by canonical path
	metadata  []byte
}

// An endpoint is one path.
type endpoint struct {
	post  bool // else GET and HEAD
	oauth bool // an invalid grant is answered by RFC 6749 §5.2
	run   func(ctx context.Context, x *exchange, r *edgeward.Request) error
}

// New checks cfg and returns its API.
func New(cfg Config) (*API, error) {
	a := cfg.Authority
	if a == nil || a.Minter == nil || a.Families == nil || a.Tokens == nil {
		return nil, errors.New("oauth: token endpoints need a minter, refresh families and a verifier of our own tokens")
	}
	issuer, err := url.Parse(a.Issuer())
	if err != nil || issuer.Host == "" || issuer.Scheme != "https" && issuer.Scheme != "http" ||
		issuer.User != nil || issuer.RawQuery != "" || issuer.ForceQuery || issuer.Fragment != "" {
		return nil, fmt.Errorf("oauth: issuer %q is not a URL with a host and without query and fragment (RFC 8414 §2)", a.Issuer())
	}
	api := &API{
		authority: a, door: door.Door{Trusted: cfg.Trusted, Observer: cfg.Observer},
		insecure: cfg.InsecureHTTP, now: cfg.Now, metadata: metadata(a.Issuer(), issuer.Scheme+"://"+issuer.Host),
	}
	if api.now == nil {
		api.now = time.Now
	}
	api.endpoints = map[string]*endpoint{
		TokenPath:         {post: true, oauth: true, run: api.token},
		RevocationPath:    {post: true, oauth: true, run: api.revoke},
		IntrospectionPath: {post: true, oauth: true, run: api.introspect},
		RefreshPath:       {post: true, run: api.refresh},
		KeysPath:          {run: api.keys},
		MetadataPath:      {run: api.describe},
		// RFC 8414 §3.1: before the issuer's path, when it has one.
		MetadataPath + strings.TrimSuffix(issuer.Path, "/"): {run: api.describe},
	}
	return api, nil
}

// Serves reports whether path, decoded, is one of the API's. Any other spelling
// of such a path is the routes' to refuse.
func (api *API) Serves(path string) bool { return api.endpoints[path] != nil }

// ServeHTTP implements [http.Handler].
func (api *API) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	x := &exchange{api: api, in: hr, w: w}
	d := door.Door{Decider: x, Trusted: api.door.Trusted, Observer: api.door.Observer, Endpoint: true}
	x.answer(d.Receive(hr))
}
