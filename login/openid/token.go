package openid

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// Leeway is by how much clocks may differ.
const Leeway = 30 * time.Second

const (
	maxAge      = 10 * time.Minute    // of a token that comes fresh from the provider, by its iat
	maxLifetime = 31 * 24 * time.Hour // some providers let ID tokens live for a month; nothing relies on that here
	maxText     = 255                 // bytes of sub and of sid (OpenID Connect Core §2)
)

var (
	errAuthorized = fmt.Errorf("openid: azp is not this client, or is missing where aud names others: %w", edgeward.TokenAudience)
	errAge        = fmt.Errorf("openid: iat is missing, or more than ten minutes ago: %w", edgeward.TokenExpired)
	errText       = fmt.Errorf("openid: sub or sid is no string, too long, or changes in a header: %w", edgeward.TokenClaim)
)

// A kind is what one kind of token has to satisfy beside what all do.
type kind struct {
	types   []string
	check   func(*jwt.Claims) error // after the signature and the registered claims
	refusal error
	size    int  // bytes
	logout  bool // a logout token: neither sub nor exp has to be there, see [Login.Logout]
}

// verify proves that the provider signed token for this client and this moment. A refusal
// wraps k.refusal and says why; with a good signature it wraps ErrSigned as well.
func (c *Client) verify(ctx context.Context, token string, k kind) (*jwt.Claims, error) {
	u, err := c.prove(ctx, token, k.size)
	switch {
	case err != nil && edgeward.ReasonOf(err) == edgeward.Unavailable:
		return nil, edgeward.NewUnavailable("keys of "+c.Issuer, pause, err)
	case err != nil:
		return nil, refuse(k.refusal, "%v", err)
	}
	if err := c.judge(u, k); err != nil {
		return nil, signed{refuse(k.refusal, "%v", err)}
	}
	return &u.Claims, nil
}

// prove says that the provider signed token. It believes no claim.
func (c *Client) prove(ctx context.Context, token string, size int) (*jwt.Unverified, error) {
	u, err := jwt.ParseUpTo(token, size)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(c.Algorithms, u.Header.Algorithm) {
		return nil, c.refuseAlgorithm(u.Header.Algorithm)
	}
	key, err := c.Keys.Key(ctx, u.Header.KeyID, u.Header.HasKeyID, u.Header.Algorithm)
	if err != nil {
		return nil, err
	}
	return u, u.Verify(ctx, key)
}

// judge judges the claims of a token whose signature is good.
func (c *Client) judge(u *jwt.Unverified, k kind) error {
	now := c.now()
	if k.logout && u.Claims.Expires.IsZero() && !u.Claims.IssuedAt.IsZero() {
		u.Claims.Expires = u.Claims.IssuedAt.Add(maxAge)
	}
	rules := jwt.Rules{
		Issuer: c.Issuer, Audiences: []string{c.ClientID}, Types: k.types, Subjectless: k.logout, Leeway: Leeway, MaxLifetime: maxLifetime,
	}
	if err := rules.Check(u, now); err != nil {
		return err
	}
	if err := c.checkClaims(&u.Claims, now, k.logout); err != nil {
		return err
	}
	return k.check(&u.Claims)
}

// checkClaims is what OpenID Connect Core §3.1.3.7 demands beyond [jwt.Rules].
func (c *Client) checkClaims(claims *jwt.Claims, now time.Time, logout bool) error {
	if err := c.checkAudience(claims, logout); err != nil {
		return err
	}
	if now.Sub(claims.IssuedAt) > maxAge+Leeway { // no iat is longer ago than any
		return errAge
	}
	sid, ok := SessionID(claims)
	if !ok || !isText(sid) || !isText(claims.Subject) {
		return errText
	}
	return nil
}

// checkAudience is rules 3 to 5: a token that is also meant for others may have
// been stolen from them. So the operator has to have named them, and azp has to
// say that the token was issued to us; what else binds an ID token to this
// sign-in is its nonce. A logout token has no azp, and can only take away.
func (c *Client) checkAudience(claims *jwt.Claims, logout bool) error {
	azp, authorized := claims.Lookup("azp")
	party, _ := azp.Text()
	if authorized && party != c.ClientID {
		return errAuthorized
	}
	for _, aud := range claims.Audience {
		switch {
		case aud == c.ClientID:
		case !slices.Contains(c.Audiences, aud):
			return fmt.Errorf("openid: aud names %.100q besides this client; if that may be, name it in the provider's audiences: %w", aud, edgeward.TokenAudience)
		case !authorized && !logout:
			return errAuthorized
		}
	}
	return nil
}

// SessionID returns sid, "" when there is none; ok is false when it is
// something else than a string.
func SessionID(c *jwt.Claims) (sid string, ok bool) {
	v, found := c.Lookup("sid")
	if !found {
		return "", true
	}
	sid, ok = v.Text()
	return sid, ok && sid != ""
}

// IsText reports whether s can be a subject or the id of a session at a provider.
func IsText(s string) bool { return s != "" && isText(s) }

// isText reports whether s can be what an identity's field says.
func isText(s string) bool {
	control := func(c rune) bool { return c < ' ' || 0x7f <= c && c < 0xa0 }
	return len(s) <= maxText && !strings.ContainsFunc(s, control) && edgeward.IsFieldValue(s)
}
