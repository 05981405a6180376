// Package oauth is the endpoints for tokens: those of OAuth, the refresh for
// browsers, and what others need to know to trust our tokens.
//
//	POST /oauth/token        refresh_token grant      RFC 6749 §6
//	POST /oauth/revoke       for the token's holder   RFC 7009
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
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/issuance/adminscope"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
	"github.com/edgeward/edgeward/internal/wire/userpath"
)

// The paths of the endpoints.
const (
	TokenPath         = "/oauth/token"
	RevocationPath    = "/oauth/revoke"
	IntrospectionPath = "/oauth/introspect"
	KeysPath          = "/.well-known/jwks.json"
	MetadataPath      = "/.well-known/oauth-authorization-server"
)

// Paths returns those of the endpoints of an issuer, with the refresh for browsers
// at prefix.
func Paths(issuer string, prefix userpath.Prefix) []string {
	all := []string{TokenPath, RevocationPath, IntrospectionPath, prefix.Refresh(), KeysPath, MetadataPath}
	if tenant := tenantOf(issuer); tenant != "" {
		all = append(all, MetadataPath+tenant)
	}
	return all
}

// tenantOf returns the path of an issuer, before which its metadata stands (RFC 8414
// §3.1), "" for none.
func tenantOf(issuer string) string {
	target, err := canonical.RequestTarget(issuer)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(target.Path, "/")
}

// Config is what the endpoints are made of.
type Config struct {
	Authority *issuance.Authority // with a minter, refresh families and a verifier of our tokens
	Prefix    userpath.Prefix     // of the refresh for browsers
	Now       func() time.Time    // nil means time.Now
}

type api struct {
	authority *issuance.Authority
	now       func() time.Time
	metadata  []byte
}

// New checks cfg and returns its endpoints.
func New(cfg Config) (*endpoint.Set, error) {
	a := cfg.Authority
	if a == nil || a.Minter == nil || a.Families == nil || a.Tokens == nil {
		return nil, errors.New("oauth: token endpoints need a minter, refresh families and a verifier of our own tokens")
	}
	issuer, err := canonical.RequestTarget(a.Issuer())
	if err != nil || issuer.Host == "" || strings.Contains(a.Issuer(), "?") {
		return nil, fmt.Errorf("oauth: issuer %q is not a URL with a host and without query and fragment (RFC 8414 §2)", a.Issuer())
	}
	api := &api{authority: a, now: cfg.Now, metadata: metadata(a.Issuer(), issuer.Scheme+"://"+issuer.Host)}
	if api.now == nil {
		api.now = time.Now
	}
	s := &endpoint.Set{Authenticate: a.AuthenticateClient, Endpoints: []endpoint.Endpoint{
		{Method: "POST", Path: TokenPath, Pages: endpoint.NoOtherPages, NoQuery: true, OAuth: true, Run: api.token},
		{Method: "POST", Path: RevocationPath, Pages: endpoint.NoOtherPages, NoQuery: true, OAuth: true, Run: api.revoke},
		{Method: "POST", Path: IntrospectionPath, Pages: endpoint.NoOtherPages, NoQuery: true, OAuth: true, Scope: adminscope.Introspect, Run: api.introspect},
		{Method: "POST", Path: cfg.Prefix.Refresh(), NoQuery: true, Run: api.refresh},
		{Method: "GET", Path: KeysPath, Pages: endpoint.AllPages, Run: api.keys},
		{Method: "GET", Path: MetadataPath, Pages: endpoint.AllPages, Run: api.describe},
	}}
	if tenant := tenantOf(a.Issuer()); tenant != "" {
		s.Endpoints = append(s.Endpoints, endpoint.Endpoint{Method: "GET", Path: MetadataPath + tenant, Pages: endpoint.AllPages, Run: api.describe})
	}
	return s, nil
}

const maxForm = 16 << 10 // bytes; the longest thing in one is a token of 8 KiB

// readForm reads the body. A parameter without a value counts as absent, and one
// that is unknown is ignored (RFC 6749 §3.2).
func readForm(c *endpoint.Call) (form.Form, error) {
	f, err := c.Form(maxForm)
	if body, broken := errors.AsType[*problem.Failure](err); broken && body.Fault != problem.BodyBroken {
		return nil, err // a status of its own
	}
	if err != nil {
		return nil, &endpoint.OAuthError{
			Code: endpoint.InvalidRequest, Detail: "the body is no application/x-www-form-urlencoded, broke off, or repeats a parameter", Err: err,
		}
	}
	return f, nil
}

// publicForm reads the form of a public client. One that proves who it is is
// refused: none can here, and it must not be left in that belief.
func publicForm(c *endpoint.Call) (form.Form, error) {
	f, err := readForm(c)
	if err != nil {
		return nil, err
	}
	proves := len(c.Request.Header["Authorization"]) > 0
	for _, name := range [...]string{"client_secret", "client_assertion", "client_assertion_type"} {
		proves = proves || f[name] != ""
	}
	if proves {
		return nil, endpoint.RefuseOAuth(endpoint.InvalidClient, "clients are public and have no secret")
	}
	return f, nil
}

// scope returns the permissions that are asked for, nil for all that were
// granted (RFC 6749 §6). What is no scope-token was never granted.
func scope(f form.Form) []string {
	if f["scope"] == "" {
		return nil
	}
	permissions := strings.Split(f["scope"], " ")
	slices.Sort(permissions)
	return slices.Compact(permissions)
}

// token returns the form's token.
func token(f form.Form) (edgeward.Secret, error) {
	if f["token"] == "" {
		return edgeward.Secret{}, endpoint.RefuseOAuth(endpoint.InvalidRequest, "token is missing")
	}
	return edgeward.NewSecret(f["token"]), nil
}
