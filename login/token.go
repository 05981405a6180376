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
	errAlgorithm = fmt.Errorf("login: the provider may not sign with that algorithm: %w", edgeward.TokenAlgorithm)
	errAudience  = fmt.Errorf("login: aud or azp names somebody besides this client: %w", edgeward.TokenAudience)
	errAge       = fmt.Errorf("login: iat is missing, or more than ten minutes ago: %w", edgeward.TokenExpired)
	errText      = fmt.Errorf("login: sub or sid is no string, too long, or changes in a header: %w", edgeward.TokenClaim)
)

// verify proves that s signed token for this client and this moment: an ID
// token, or a logout token, as types say. A refusal wraps refusal and says why.
func (l *Login) verify(ctx context.Context, s *source, token string, rules jwt.Rules, refusal error) (*jwt.Claims, error) {
	u, err := l.prove(ctx, s, token, rules)
	switch {
	case err == nil:
		return &u.Claims, nil
	case edgeward.ReasonOf(err) == edgeward.Unavailable:
		return nil, unavailable("keys of "+s.Issuer, pause, err)
	}
	return nil, refuse(refusal, "%v", err)
}

// prove believes no claim before the signature.
func (l *Login) prove(ctx context.Context, s *source, token string, rules jwt.Rules) (*jwt.Unverified, error) {
	u, err := jwt.Parse(token)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(s.Algorithms, u.Header.Algorithm) {
		return nil, errAlgorithm
	}
	key, err := s.Keys.Key(ctx, u.Header.KeyID, u.Header.HasKeyID, u.Header.Algorithm)
	if err != nil {
		return nil, err
	}
	if err := u.Verify(ctx, key); err != nil {
		return nil, err
	}
	now := l.clock.Now()
	rules.Issuer, rules.Audiences, rules.Leeway, rules.MaxLifetime = s.Issuer, []string{s.ClientID}, leeway, maxLifetime
	if err := rules.Check(u, now); err != nil {
		return nil, err
	}
	return u, s.check(&u.Claims, now)
}

// check is what OpenID Connect Core §3.1.3.7 demands beyond [jwt.Rules], and
// stricter: a token that is also meant for others may have been stolen from
// them, and azp cannot excuse it.
func (s *source) check(c *jwt.Claims, now time.Time) error {
	azp, authorized := c.Lookup("azp")
	party, _ := azp.String()
	switch {
	case authorized && party != s.ClientID:
		return errAudience
	case slices.ContainsFunc(c.Audience, func(aud string) bool { return aud != s.ClientID }):
		return errAudience
	case now.Sub(c.IssuedAt) > maxAge+leeway: // no iat is longer ago than any
		return errAge
	}
	sid, ok := sessionID(c)
	if !ok || !isText(sid) || !isText(c.Subject) {
		return errText
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
	sid, ok = v.String()
	return sid, ok && sid != ""
}

// isText reports whether s can be what an identity's field says.
func isText(s string) bool {
	control := func(c rune) bool { return c < ' ' || 0x7f <= c && c < 0xa0 }
	return len(s) <= maxText && !strings.ContainsFunc(s, control) && edgeward.IsFieldValue(s)
}
