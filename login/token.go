package login

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

const (
	maxAge      = 10 * time.Minute // of a token that comes fresh from the provider, by its iat
	leeway      = 30 * time.Second
	maxLifetime = 31 * 24 * time.Hour // some providers let ID tokens live for a month; nobody relies on that here
	maxText     = 255                 // bytes of sub and of sid (OpenID Connect Core §2)
)

var (
	errAuthorized = fmt.Errorf("login: azp is not this client, or is missing where aud names others: %w", edgeward.TokenAudience)
	errAge        = fmt.Errorf("login: iat is missing, or more than ten minutes ago: %w", edgeward.TokenExpired)
	errText       = fmt.Errorf("login: sub or sid is no string, too long, or changes in a header: %w", edgeward.TokenClaim)
)

// A kind is what one kind of token has to satisfy beside what all do.
type kind struct {
	types   []string
	check   func(*jwt.Claims) error // after the signature and the registered claims
	refusal error
	logout  bool // a logout token: neither sub nor exp has to be there, see [Login.Logout]
}

// verify proves that s signed token for this client and this moment. A refusal
// wraps k.refusal and says why; with a good signature it wraps ErrSigned as well.
func (l *Login) verify(ctx context.Context, s *source, token string, k kind) (*jwt.Claims, error) {
	u, err := l.prove(ctx, s, token)
	switch {
	case err != nil && edgeward.ReasonOf(err) == edgeward.Unavailable:
		return nil, edgeward.NewUnavailable("keys of "+s.Issuer, pause, err)
	case err != nil:
		return nil, refuse(k.refusal, "%v", err)
	}
	if err := l.judge(s, u, k); err != nil {
		return nil, signed{refuse(k.refusal, "%v", err)}
	}
	return &u.Claims, nil
}

// prove says that s signed token. It believes no claim.
func (l *Login) prove(ctx context.Context, s *source, token string) (*jwt.Unverified, error) {
	u, err := jwt.Parse(token)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(s.Algorithms, u.Header.Algorithm) {
		return nil, s.refuseAlgorithm(u.Header.Algorithm)
	}
	key, err := s.Keys.Key(ctx, u.Header.KeyID, u.Header.HasKeyID, u.Header.Algorithm)
	if err != nil {
		return nil, err
	}
	return u, u.Verify(ctx, key)
}

// judge judges the claims of a token whose signature is good.
func (l *Login) judge(s *source, u *jwt.Unverified, k kind) error {
	now := l.clock.Now()
	if k.logout && u.Claims.Expires.IsZero() && !u.Claims.IssuedAt.IsZero() {
		u.Claims.Expires = u.Claims.IssuedAt.Add(maxAge)
	}
	rules := jwt.Rules{
		Issuer: s.Issuer, Audiences: []string{s.ClientID}, Types: k.types, Subjectless: k.logout, Leeway: leeway, MaxLifetime: maxLifetime,
	}
	if err := rules.Check(u, now); err != nil {
		return err
	}
	if err := s.check(&u.Claims, now, k.logout); err != nil {
		return err
	}
	return k.check(&u.Claims)
}

// check is what OpenID Connect Core §3.1.3.7 demands beyond [jwt.Rules].
func (s *source) check(c *jwt.Claims, now time.Time, logout bool) error {
	if err := s.checkAudience(c, logout); err != nil {
		return err
	}
	switch {
	case now.Sub(c.IssuedAt) > maxAge+leeway: // no iat is longer ago than any
		return errAge
	}
	sid, ok := sessionID(c)
	if !ok || !isText(sid) || !isText(c.Subject) {
		return errText
	}
	return nil
}

// checkAudience is rules 3 to 5: a token that is also meant for others may have
// been stolen from them. So the operator has to have named them, and azp has to
// say that the token was issued to us; what else binds an ID token to this
// sign-in is its nonce. A logout token has no azp, and can only take away.
func (s *source) checkAudience(c *jwt.Claims, logout bool) error {
	azp, authorized := c.Lookup("azp")
	party, _ := azp.Text()
	if authorized && party != s.ClientID {
		return errAuthorized
	}
	for _, aud := range c.Audience {
		switch {
		case aud == s.ClientID:
		case !slices.Contains(s.Audiences, aud):
			return fmt.Errorf("login: aud names %.100q besides this client; if that may be, name it in the provider's audiences: %w", aud, edgeward.TokenAudience)
		case !authorized && !logout:
			return errAuthorized
		}
	}
	return nil
}

// sessionID returns sid, "" when there is none; ok is false when it is
// something else than a string.
func sessionID(c *jwt.Claims) (sid string, ok bool) {
	v, found := c.Lookup("sid")
	if !found {
		return "", true
	}
	sid, ok = v.Text()
	return sid, ok && sid != ""
}

// isText reports whether s can be what an identity's field says.
func isText(s string) bool {
	control := func(c rune) bool { return c < ' ' || 0x7f <= c && c < 0xa0 }
	return len(s) <= maxText && !strings.ContainsFunc(s, control) && edgeward.IsFieldValue(s)
}
