package openid

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/jwt"
)

// How a client says who it is at the token endpoint (OpenID Connect Core §9).
const (
	AuthNone  = "none"                // by its id alone: PKCE protects the code
	AuthBasic = "client_secret_basic" // RFC 6749 §2.3.1
	AuthPost  = "client_secret_post"
	// AuthKey is by a JWT that the client signs for each request (RFC 7523 §2.2).
	AuthKey = "private_key_jwt"
	// AuthToken is by a JWT that the platform, which knows the workload, gives
	// (RFC 7523 §2.2).
	AuthToken = "client_assertion"
)

const (
	// assertionType is that of RFC 7523 §2.2.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// assertionLife is how long an assertion of ours is good: for the request that
	// it is made for.
	assertionLife = time.Minute
	// maxAssertion bounds one that a platform gives, in bytes.
	maxAssertion = 16 << 10
)

// An Assertion returns a JWT that proves who we are (RFC 7523 §2.2), as the platform
// gives it. It is asked anew for each request, is safe for concurrent use, and its
// error means: could not tell.
type Assertion func(ctx context.Context) (edgeward.Secret, error)

// checkAuth settles how we say who we are.
func (p *Provider) checkAuth() error {
	secret, key, token := !p.ClientSecret.IsZero(), p.ClientKey != nil, p.ClientAssertion != nil
	wanted := p.ClientAuth
	switch {
	case secret && key || secret && token || key && token:
		return fmt.Errorf("openid: provider %s: more than one of a secret, a key and an assertion proves who we are", p.Name)
	case secret && wanted == "":
		p.ClientAuth = AuthBasic
	case key && wanted == "":
		p.ClientAuth = AuthKey
	case token && wanted == "":
		p.ClientAuth = AuthToken
	case !secret && !key && !token && wanted == "":
		p.ClientAuth = AuthNone
	}
	switch p.ClientAuth {
	case AuthBasic, AuthPost:
		if secret {
			return nil
		}
	case AuthKey:
		if key {
			return p.checkKey()
		}
	case AuthToken:
		if token {
			return nil
		}
	case AuthNone:
		if !secret && !key && !token {
			return nil
		}
	}
	return fmt.Errorf("openid: provider %s: client_auth %q does not go with what proves who we are", p.Name, wanted)
}

// checkKey refuses HMAC: client_secret_jwt is another method, and its key is a
// secret that the provider knows.
func (p *Provider) checkKey() error {
	if alg := p.ClientKey.Algorithm(); !alg.Known() || alg.Symmetric() {
		return fmt.Errorf("openid: provider %s: the client's key cannot sign by %q", p.Name, alg)
	}
	return nil
}

// authenticate says who we are, in header or in the body that it returns, and what of
// both no log may have.
func (c *Client) authenticate(ctx context.Context, m *Metadata, header edgeward.Header, body form.Text) (form.Text, []string, error) {
	switch c.ClientAuth {
	case AuthBasic:
		basic := c.basic()
		header.Set("Authorization", "Basic "+basic)
		return body, append(c.secrets(), basic), nil
	case AuthPost:
		return body.Add("client_id", c.ClientID).Add("client_secret", c.ClientSecret.Reveal()), c.secrets(), nil
	case AuthKey, AuthToken:
		assertion, err := c.assertion(ctx, m)
		if err != nil {
			return nil, nil, edgeward.NewUnavailable("client assertion for "+c.Name, pause, err)
		}
		// The JWT says which client it is of (RFC 7521 §4.2); Entra and Okta want the id
		// beside it all the same.
		return body.Add("client_id", c.ClientID).Add("client_assertion_type", assertionType).Add("client_assertion", assertion), []string{assertion}, nil
	}
	return body.Add("client_id", c.ClientID), nil, nil
}

// basic returns the credentials of client_secret_basic. Both parts are form-encoded
// first (RFC 6749 §2.3.1).
func (p *Provider) basic() string {
	pair := form.Escape(p.ClientID) + ":" + form.Escape(p.ClientSecret.Reveal())
	return base64.StdEncoding.EncodeToString([]byte(pair))
}

// secrets returns the client's secret in every spelling in which it is sent.
func (p *Provider) secrets() []string {
	secret := p.ClientSecret.Reveal()
	return []string{secret, form.Escape(secret)}
}

// assertion returns a JWT that says who we are. One of ours is for this provider and
// for a minute, and no other has its jti: a reader of a log can do nothing by it.
// Its audience is the issuer, which no other provider has, and not an endpoint, which
// metadata of another could name (CVE-2025-27370); an operator can choose the token
// endpoint for a provider that takes nothing else.
func (c *Client) assertion(ctx context.Context, m *Metadata) (string, error) {
	if c.ClientAuth == AuthToken {
		return c.platformAssertion(ctx)
	}
	now := c.now()
	claims := jwt.Claims{
		Issuer: c.ClientID, Subject: c.ClientID, Audience: []string{c.Issuer},
		IssuedAt: now, Expires: now.Add(assertionLife), TokenID: random(),
	}
	if c.AssertToEndpoint {
		claims.Audience[0] = m.token.url
	}
	return jwt.Sign(ctx, c.ClientKey, "JWT", claims.AppendJSON(nil))
}

func (c *Client) platformAssertion(ctx context.Context) (string, error) {
	given, err := c.ClientAssertion(ctx)
	if err != nil {
		return "", err
	}
	if n := given.Len(); n == 0 || n > maxAssertion {
		return "", fmt.Errorf("openid: the client assertion has %d bytes, 1 to %d are possible", n, maxAssertion)
	}
	return given.Reveal(), nil
}

// random returns 128 random bits.
func random() string {
	raw := make([]byte, 16)
	rand.Read(raw) // aborts the program rather than fail
	return base64.RawURLEncoding.EncodeToString(raw)
}
