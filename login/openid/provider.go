package openid

import (
	"errors"
	"fmt"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// A Provider is an OpenID provider and how we speak with it.
type Provider struct {
	Name     string // in URLs and in our own tokens: letters, digits, "-", "_" and ".", at most 32 of them
	Issuer   string // exactly as its metadata and its tokens say it; an https URL
	ClientID string

	// One of these proves who we are, or none: then PKCE alone protects the code.
	ClientSecret    edgeward.Secret
	ClientKey       jwt.Signer // for [AuthKey]: signs an assertion for each request
	ClientAssertion Assertion  // for [AuthToken]: what a platform gives
	// ClientAuth is one of the constants, that which goes with what is there. ""
	// stands for [AuthBasic] where that is a secret.
	ClientAuth string
	// AssertToEndpoint has assertions of ClientKey name the token endpoint as their
	// audience in place of the issuer.
	AssertToEndpoint bool

	// Audiences are the other clients and services that its ID tokens may be for
	// besides ClientID; none means: for us alone. A token that is for others too
	// has to say by azp that it was issued to us.
	Audiences []string
	// Scopes are asked for beside openid, which always is.
	Scopes []string
	// Params are further parameters of the authorization request, in this order, and
	// as [CheckParams] allows them. With hd the ID token has to be of that domain. resource may
	// be there several times, and is asked for at the token endpoint too (RFC 8707).
	Params   []Param
	Userinfo Userinfo

	// Keys are those of Issuer, and Algorithms what it may sign ID tokens, userinfo
	// and logout tokens with; none means RS256. HMAC is refused.
	Keys       jwks.Keys
	Algorithms []jwt.Algorithm

	// MetadataURL is where the metadata is, which has to name Issuer wherever it is; "" is
	// the place below Issuer (OpenID Connect Discovery §4).
	MetadataURL string
	// Endpoints replace those of the metadata. With NoDiscovery there is none, and
	// Authorization and Token have to be stated.
	Endpoints   Endpoints
	NoDiscovery bool
	// Authority is certificates in PEM that the provider's are verified by in place of the
	// system's; "" for the system's.
	Authority string
}

// Endpoints are URLs at a provider; "" is not stated.
type Endpoints struct{ Authorization, Token, Userinfo, EndSession string }

const (
	maxName = 32 // bytes of a provider's name
)

// check refuses what could not be used, or not safely.
func (p *Provider) check() error {
	switch {
	case !IsName(p.Name):
		return fmt.Errorf("openid: provider name %q is not 1 to %d letters, digits, or one of \"-_.\"", p.Name, maxName)
	case p.ClientID == "" || p.Keys == nil:
		return fmt.Errorf("openid: provider %s has no client id or no keys", p.Name)
	}
	for _, alg := range p.Algorithms {
		// A client that knows the secret could sign in as any user.
		if !alg.Known() || alg.Symmetric() {
			return fmt.Errorf("openid: provider %s cannot sign with %q", p.Name, alg)
		}
	}
	for _, aud := range p.Audiences {
		if aud == "" || aud == p.ClientID {
			return fmt.Errorf("openid: provider %s: audience %q is none besides the client id", p.Name, aud)
		}
	}
	for _, scope := range p.Scopes {
		if !edgeward.IsScopeToken(scope) {
			return fmt.Errorf("openid: provider %s: scope %q is none", p.Name, scope)
		}
	}
	if err := p.checkAuth(); err != nil {
		return err
	}
	if err := checkIssuer(p.Issuer); err != nil {
		return fmt.Errorf("openid: provider %s: %w", p.Name, err)
	}
	if err := CheckParams(p.Params); err != nil {
		return fmt.Errorf("openid: provider %s: %w", p.Name, err)
	}
	if p.Userinfo == "" {
		p.Userinfo = UserinfoAuto
	}
	if p.Userinfo != UserinfoAuto && p.Userinfo != UserinfoAlways && p.Userinfo != UserinfoNever {
		return fmt.Errorf("openid: provider %s: userinfo %q is unknown", p.Name, p.Userinfo)
	}
	if err := p.checkPlaces(); err != nil {
		return fmt.Errorf("openid: provider %s: %w", p.Name, err)
	}
	return nil
}

// checkPlaces checks what is said about where the provider is.
func (p *Provider) checkPlaces() error {
	if p.NoDiscovery && (p.MetadataURL != "" || p.Endpoints.Authorization == "" || p.Endpoints.Token == "") {
		return errors.New("without discovery there is no metadata, and the authorization and token endpoints have to be stated")
	}
	for _, row := range []struct{ name, url string }{
		{"metadata", p.MetadataURL}, {"authorization_endpoint", p.Endpoints.Authorization}, {"token_endpoint", p.Endpoints.Token},
		{"userinfo_endpoint", p.Endpoints.Userinfo}, {"end_session_endpoint", p.Endpoints.EndSession},
	} {
		if row.url != "" {
			if err := CheckEndpoint(row.url, p.Issuer); err != nil {
				return fmt.Errorf("%s %w", row.name, err)
			}
		}
	}
	return nil
}

// checkIssuer wants a URL below which metadata can lie (OpenID Connect
// Discovery §3): https, without a query; http for this machine alone.
func checkIssuer(issuer string) error {
	t, err := canonical.RequestTarget(issuer)
	if err != nil || t.Scheme == "" || strings.Contains(issuer, "?") {
		return fmt.Errorf("issuer %q is no URL without a query and a fragment", issuer)
	}
	if t.Scheme != "https" && !canonical.IsLoopback(t.Host) {
		return fmt.Errorf("issuer %s must be https", issuer)
	}
	return nil
}

// IsName reports whether a provider can be called name.
func IsName(name string) bool {
	return name != "" && len(name) <= maxName && !strings.ContainsFunc(name, notInName)
}

func notInName(c rune) bool { return c == '~' || form.Escape(string(c)) != string(c) }
