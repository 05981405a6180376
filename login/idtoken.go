package login

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"strings"
	"unicode"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwt"
)

// maxDisplay bounds a name, in characters.
const maxDisplay = 100

var (
	errNonce = fmt.Errorf("login: nonce is not that of this sign-in: %w", edgeward.TokenClaim)
	errHash  = fmt.Errorf("login: at_hash is not that of the access token: %w", edgeward.TokenClaim)

	idTokenTypes = []string{"", "jwt"} // an access token of the same issuer is at+jwt, a logout token logout+jwt
)

// verifyIDToken says who signed in. The nonce ties the token to this sign-in of
// this browser: a token, or the code for it, that was captured elsewhere has
// another one. at_hash ties it to the access token beside it.
func (l *Login) verifyIDToken(ctx context.Context, s *source, t *transaction, got tokens) (*jwt.Claims, error) {
	// It came from the token endpoint over TLS, so that an unknown kid in it is no
	// stranger's: it is looked for whatever strangers do.
	return l.verify(jwks.Vouch(ctx), s, got.id, kind{types: idTokenTypes, refusal: ErrAnswer, check: func(c *jwt.Claims) error {
		if nonce, _ := c.Lookup("nonce"); !isString(nonce.Text, t.nonce) {
			return errNonce
		}
		if hash, found := c.Lookup("at_hash"); found && !isString(hash.Text, accessHash(got)) {
			return errHash
		}
		return nil
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
func accessHash(got tokens) string {
	u, err := jwt.Parse(got.id)
	if err != nil || got.access == "" {
		return ""
	}
	var sum []byte
	switch u.Header.Algorithm {
	case jwt.RS256, jwt.PS256, jwt.ES256:
		h := sha256.Sum256([]byte(got.access))
		sum = h[:]
	case jwt.RS384, jwt.PS384, jwt.ES384:
		h := sha512.Sum384([]byte(got.access))
		sum = h[:]
	case jwt.RS512, jwt.PS512, jwt.ES512, jwt.EdDSA:
		h := sha512.Sum512([]byte(got.access))
		sum = h[:]
	}
	return base64url.EncodeToString(sum[:len(sum)/2])
}

// displayName returns what people call themselves, for a page that greets them.
func displayName(c *jwt.Claims) string {
	for _, claim := range []string{"name", "preferred_username", "email"} {
		v, _ := c.Lookup(claim)
		s, _ := v.Text()
		name := []rune(strings.TrimSpace(strings.Map(visible, s)))
		if len(name) > 0 {
			return string(name[:min(len(name), maxDisplay)])
		}
	}
	return ""
}

// visible drops what turns text around or hides in it.
func visible(c rune) rune {
	if unicode.IsGraphic(c) {
		return c
	}
	return -1
}
