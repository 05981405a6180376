// Package devidp is the OpenID provider inside "edgeward dev": enough of one
// that the gateway in front of it runs exactly as in production, with
// discovery, a key set over HTTP, RS256 access tokens (RFC 9068) and rotation,
// and people who sign in by the authorization code flow and sign out again.
//
// It is for one developer on the loopback address: who opens its sign-in page is
// whoever they say. Its keys, codes and sign-ins live in memory and die with it.
package devidp

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// Config describes the provider. Issuer and Audience must be set.
type Config struct {
	Issuer   string // the base URL that it is served under, without a slash at the end
	Audience string // of every token
	// Client may ask for tokens with the client_credentials grant. Without a
	// secret nobody may.
	Client Client
	People []Person // who may sign in
	// Lifetime of a token; 0 means an hour.
	Lifetime time.Duration
	// Unheard is called when the client was told of a logout and did not
	// answer that it heard; nil ignores that.
	Unheard func(error)
	Now     func() time.Time // nil means time.Now
}

// A Client is a program that is registered with the provider.
type Client struct {
	ID     string
	Secret edgeward.Secret
	Scopes []string // what it may have; it gets all of them unless it asks for fewer

	// RedirectURIs are where people may come back to from a sign-in, and
	// PostLogoutURIs from a logout, byte for byte. Without the former nobody
	// signs in.
	RedirectURIs, PostLogoutURIs []string
	// BackchannelLogout is told when somebody signs out here; "" tells nobody.
	BackchannelLogout string
}

// A Person can sign in, without a password.
type Person struct {
	Subject       string // and the user name
	Name, Email   string
	Roles, Groups []string
}

// A Provider signs tokens and publishes its keys. It is safe for concurrent
// use.
type Provider struct {
	config Config
	keys   *keyring
	codes  *shelf[code]
	visits *shelf[visit]
}

// New returns a provider with fresh keys, which takes some tenths of a second.
func New(c Config) (*Provider, error) {
	if c.Issuer == "" || c.Audience == "" || strings.HasSuffix(c.Issuer, "/") {
		return nil, fmt.Errorf("devidp: issuer and audience are needed, the issuer without a slash at the end")
	}
	if c.Lifetime == 0 {
		c.Lifetime = time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	keys, err := newKeyring(c.Lifetime, c.Now())
	if err != nil {
		return nil, err
	}
	return &Provider{c, keys, newShelf[code](codeLife), newShelf[visit](visitLife)}, nil
}

// A Token is a signed access token with what its owner should know of it.
type Token struct {
	Value   edgeward.Secret
	KeyID   string
	Expires time.Time
}

// Issue signs an access token for subject with scopes, for the client called
// client. It does what the token endpoint does after the client has proved who
// it is.
func (p *Provider) Issue(ctx context.Context, client, subject string, scopes []string) (Token, error) {
	now := p.config.Now()
	claims := jwt.Claims{
		Issuer: p.config.Issuer, Subject: subject, Audience: []string{p.config.Audience},
		IssuedAt: now, Expires: now.Add(p.config.Lifetime), TokenID: rand.Text(),
	}
	extra := []jwt.Extra{jwt.StringClaim("client_id", client)}
	if len(scopes) > 0 {
		extra = append(extra, jwt.StringClaim("scope", strings.Join(scopes, " ")))
	}
	signer := p.keys.signer(now)
	value, err := jwt.Sign(ctx, signer, "at+jwt", claims.AppendJSON(nil, extra...))
	if err != nil {
		return Token{}, fmt.Errorf("devidp: %w", err)
	}
	return Token{edgeward.NewSecret(value), signer.KeyID(), claims.Expires}, nil
}

// Rotate makes the key that was published longest without signing the signing
// one. The old key stays published until the last token that it signed has
// expired.
func (p *Provider) Rotate() (Rotation, error) { return p.keys.rotate(p.config.Now()) }
