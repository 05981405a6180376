package openid

import (
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
	// ClientSecret proves who we are, or is zero: then PKCE alone protects the
	// code.
	ClientSecret edgeward.Secret
	// ClientAuth is "client_secret_basic", which "" stands for, or
	// "client_secret_post" (OpenID Connect Core §9). Without a secret it is
	// "none" or "".
	ClientAuth string
	// Audiences are the other clients and services that its ID tokens may be for
	// besides ClientID; none means: for us alone. A token that is for others too
	// has to say by azp that it was issued to us.
	Audiences []string
	// Scopes are asked for beside openid, which always is.
	Scopes []string
	// Keys are those of Issuer, and Algorithms what it may sign ID tokens and
	// logout tokens with; none means RS256. HMAC is refused.
	Keys       jwks.Keys
	Algorithms []jwt.Algorithm
}

const (
	maxName = 32 // bytes of a provider's name

	authBasic = "client_secret_basic"
	authPost  = "client_secret_post"
	authNone  = "none"
)

// check refuses what could not be used, or not safely.
func (p *Provider) check() error {
	switch {
	case p.Name == "" || len(p.Name) > maxName || strings.ContainsFunc(p.Name, notInName):
		return fmt.Errorf("openid: provider name %q is not 1 to %d letters, digits, or one of \"-_.\"", p.Name, maxName)
	case p.ClientID == "" || p.Keys == nil:
		return fmt.Errorf("openid: provider %s has no client id or no keys", p.Name)
	}
	for _, alg := range p.Algorithms {
		// Whoever knows the client's secret could sign in as anybody.
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
	return nil
}

// checkAuth settles how we say who we are.
func (p *Provider) checkAuth() error {
	known := p.ClientAuth == authBasic || p.ClientAuth == authPost
	switch {
	case p.ClientSecret.IsZero() && (p.ClientAuth == "" || p.ClientAuth == authNone):
		p.ClientAuth = authNone
	case p.ClientSecret.IsZero(), p.ClientAuth != "" && !known:
		return fmt.Errorf("openid: provider %s: client_auth %q does not go with the client's secret", p.Name, p.ClientAuth)
	case p.ClientAuth == "":
		p.ClientAuth = authBasic
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

func notInName(c rune) bool { return c == '~' || form.Escape(string(c)) != string(c) }
