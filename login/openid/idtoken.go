package openid

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

var (
	errNonce = fmt.Errorf("openid: nonce is not that of this sign-in: %w", edgeward.TokenClaim)
	errHash  = fmt.Errorf("openid: at_hash is not that of the access token: %w", edgeward.TokenClaim)

	idTokenTypes = []string{"", "jwt"} // an access token of the same issuer is at+jwt, a logout token logout+jwt
)

// VerifyIDToken says who signed in. The nonce ties the token to this sign-in of
// this browser: a token, or the code for it, that was captured elsewhere has
// another one. at_hash ties it to the access token beside it. Errors wrap [ErrAnswer],
// or mean: could not tell.
func (c *Client) VerifyIDToken(ctx context.Context, got Tokens, nonce string) (*jwt.Claims, error) {
	return c.verifyIDToken(ctx, got, func(claims *jwt.Claims) error {
		if said, _ := claims.Lookup("nonce"); !isString(said.Text, nonce) {
			return errNonce
		}
		return c.checkDomain(claims)
	})
}

// VerifyRefreshed proves the ID token that came with a refreshed access token: it
// has to be about the same user (OpenID Connect Core §12.2). Errors are those of
// [Client.VerifyIDToken], and wrap [ErrSubject] where it is about another one.
func (c *Client) VerifyRefreshed(ctx context.Context, got Tokens, subject string) (*jwt.Claims, error) {
	claims, err := c.verifyIDToken(ctx, got, c.checkDomain)
	if err == nil && claims.Subject != subject {
		return nil, fmt.Errorf("%w: refreshed ID token of %s: %w", ErrAnswer, c.Name, ErrSubject)
	}
	return claims, err
}

func (c *Client) verifyIDToken(ctx context.Context, got Tokens, check func(*jwt.Claims) error) (*jwt.Claims, error) {
	// It came from the token endpoint over TLS, so that an unknown kid in it is no
	// stranger's: it is looked for whatever strangers do.
	return c.verify(jwks.Vouch(ctx), got.ID, kind{types: idTokenTypes, refusal: ErrAnswer, size: maxSigned, check: func(claims *jwt.Claims) error {
		if hash, found := claims.Lookup("at_hash"); found && !isString(hash.Text, accessHash(got)) {
			return errHash
		}
		return check(claims)
	}})
}

// isString reports whether a claim is the string want, which is not empty.
func isString(claim func() (string, bool), want string) bool {
	said, ok := claim()
	return ok && want != "" && edgeward.NewSecret(said).Equal(edgeward.NewSecret(want))
}

// accessHash returns at_hash as it has to be: the left half of the access
// token's hash, by the hash of the ID token's algorithm (OpenID Connect Core
// §3.1.3.6), which for Ed25519 is SHA-512. It is "" when there is nothing to
// hash.
func accessHash(got Tokens) string {
	u, err := jwt.ParseUpTo(got.ID, maxSigned)
	if err != nil || got.Access.IsZero() {
		return ""
	}
	access := []byte(got.Access.Reveal())
	var sum []byte
	switch u.Header.Algorithm {
	case jwt.RS256, jwt.PS256, jwt.ES256:
		h := sha256.Sum256(access)
		sum = h[:]
	case jwt.RS384, jwt.PS384, jwt.ES384:
		h := sha512.Sum384(access)
		sum = h[:]
	case jwt.RS512, jwt.PS512, jwt.ES512, jwt.EdDSA:
		h := sha512.Sum512(access)
		sum = h[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
