package jwt

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
)

// Rules are what tokens of one issuer have to satisfy. The zero value accepts
// nothing: it names no issuer and no audience. Rules are read-only once in use
// and then safe for concurrent use.
type Rules struct {
	// Issuer is compared byte by byte with iss: a trailing slash or another
	// case is another issuer.
	Issuer string
	// Audiences are the names that we answer to; aud must hold one of them
	// exactly.
	Audiences []string
	// Types are the typ values that are allowed, "" standing for none. They
	// keep kinds of tokens apart (RFC 8725 §3.11). nil means "", "jwt" and
	// "at+jwt".
	Types []string
	// Subjectless allows tokens without sub: of the tokens that we know, a
	// back-channel logout token alone need not have one.
	Subjectless bool
	// Leeway is how far clocks may differ. 0 means 30 s; more than 120 s count
	// as 120 s, less than 0 as none.
	Leeway time.Duration
	// MaxLifetime bounds exp − iat, or exp − now where there is no iat. 0 means
	// 24 h; less than 0 accepts nothing.
	MaxLifetime time.Duration
}

// What the zero values of Rules mean.
const (
	DefaultLeeway   = 30 * time.Second
	DefaultLifetime = 24 * time.Hour

	maxLeeway = 120 * time.Second
)

var defaultTypes = []string{"", "jwt", "at+jwt"}

var (
	errUnverified  = fmt.Errorf("jwt: rules checked before a signature was verified")
	errType        = fmt.Errorf("jwt: typ is not allowed: %w", edgeward.TokenType)
	errIssuer      = fmt.Errorf("jwt: iss is not the issuer: %w", edgeward.TokenIssuer)
	errAudience    = fmt.Errorf("jwt: aud names none of our audiences: %w", edgeward.TokenAudience)
	errNoSubject   = fmt.Errorf("jwt: sub is missing: %w", edgeward.TokenClaim)
	errSubject     = fmt.Errorf("jwt: sub holds control characters: %w", edgeward.TokenClaim)
	errNoExpiry    = fmt.Errorf("jwt: exp is missing: %w", edgeward.TokenClaim)
	errExpired     = fmt.Errorf("jwt: exp is past: %w", edgeward.TokenExpired)
	errNotYetValid = fmt.Errorf("jwt: nbf is in the future: %w", edgeward.TokenNotYetValid)
	errIssuedLater = fmt.Errorf("jwt: iat is in the future: %w", edgeward.TokenNotYetValid)
)

// Check says whether u, whose signature must have been verified, is a token of
// this issuer for one of our audiences and valid now. Its errors wrap
// TokenType, TokenIssuer, TokenAudience, TokenClaim, TokenExpired,
// TokenNotYetValid or TokenLifetime. That u was not verified is an error that
// wraps no Reason.
func (r *Rules) Check(u *Unverified, now time.Time) error {
	c := &u.Claims
	switch {
	case !u.verified:
		return errUnverified
	case !r.allowsType(u.Header.Type):
		return errType
	case r.Issuer == "" || c.Issuer != r.Issuer:
		return errIssuer
	case !r.allowsAudience(c.Audience):
		return errAudience
	case c.Subject == "" && !r.Subjectless:
		return errNoSubject
	case strings.ContainsFunc(c.Subject, isControl):
		return errSubject
	case c.Expires.IsZero():
		return errNoExpiry
	}
	if err := r.CheckTime(c.Expires, c.NotBefore, now); err != nil {
		return err
	}
	return r.checkLifetime(c, now)
}

// CheckTime says whether a token that passed [Rules.Check] before is still
// valid. notBefore is zero when the token has none; a zero expires is refused.
func (r *Rules) CheckTime(expires, notBefore, now time.Time) error {
	leeway := r.leeway()
	// "On or after" exp is too late (RFC 7519 §4.1.4).
	if !now.Before(expires.Add(leeway)) {
		return errExpired
	}
	if now.Before(notBefore.Add(-leeway)) {
		return errNotYetValid
	}
	return nil
}

// checkLifetime keeps an issuer's mistake, a token for ten years, from being
// ours. Without iat the token's life is reckoned from now.
func (r *Rules) checkLifetime(c *Claims, now time.Time) error {
	latest := now.Add(r.leeway())
	if c.IssuedAt.After(latest) {
		return errIssuedLater
	}
	born := c.IssuedAt
	if born.IsZero() {
		born = latest
	}
	if life := c.Expires.Sub(born); life > r.maxLifetime() {
		return fmt.Errorf("jwt: token claims to live for %s, more than the %s of max_lifetime: %w", span(life), span(r.maxLifetime()), edgeward.TokenLifetime)
	}
	return nil
}

// span writes a duration in hours at most, as a configuration takes it.
func span(d time.Duration) string {
	if d >= time.Hour {
		return d.Round(time.Minute).String()
	}
	return d.Round(time.Second).String()
}

func (r *Rules) allowsType(typ string) bool {
	if r.Types == nil {
		return slices.Contains(defaultTypes, typ)
	}
	return slices.ContainsFunc(r.Types, func(allowed string) bool { return normalType(allowed) == typ })
}

func (r *Rules) allowsAudience(audience []string) bool {
	return slices.ContainsFunc(r.Audiences, func(ours string) bool {
		return ours != "" && slices.Contains(audience, ours)
	})
}

func (r *Rules) leeway() time.Duration {
	if r.Leeway == 0 {
		return DefaultLeeway
	}
	return min(max(r.Leeway, 0), maxLeeway)
}

func (r *Rules) maxLifetime() time.Duration {
	if r.MaxLifetime == 0 {
		return DefaultLifetime
	}
	return r.MaxLifetime
}

// isControl finds what would split a header or a log line.
func isControl(c rune) bool { return c < ' ' || 0x7f <= c && c < 0xa0 }
