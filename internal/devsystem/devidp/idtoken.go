package devidp

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/edgeward/edgeward/jwks"
	"github.com/edgeward/edgeward/jwks/stdcrypto"
	"github.com/edgeward/edgeward/jwt"
)

const (
	// logoutEvent is the member that makes a token a logout token
	// (Back-Channel Logout 1.0 §2.4).
	logoutEvent = `{"http://schemas.openid.net/event/backchannel-logout":{}}`
	logoutLife  = 2 * time.Minute
)

// identify signs the ID token of a code (OpenID Connect Core §2) beside the
// access token access.
func (p *Provider) identify(ctx context.Context, c code, access string) (string, error) {
	now, person := p.config.Now(), c.visit.person
	claims := jwt.Claims{
		Issuer: p.config.Issuer, Subject: person.Subject, Audience: []string{p.config.Client.ID},
		IssuedAt: now, Expires: now.Add(p.config.Lifetime),
	}
	extra := []jwt.Extra{
		{Name: "auth_time", JSON: strconv.FormatInt(c.visit.begun.Unix(), 10)},
		jwt.StringClaim("at_hash", halfHash(access)),
		jwt.StringClaim("sid", c.visit.sid),
	}
	if c.nonce != "" {
		extra = append(extra, jwt.StringClaim("nonce", c.nonce))
	}
	if slices.Contains(c.scopes, "profile") {
		extra = append(extra, jwt.StringClaim("name", person.Name), jwt.StringClaim("preferred_username", person.Subject))
	}
	if slices.Contains(c.scopes, "email") {
		extra = append(extra, jwt.StringClaim("email", person.Email), jwt.Extra{Name: "email_verified", JSON: "true"})
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"roles", person.Roles}, {"groups", person.Groups}} {
		values, err := json.Marshal(list.values)
		if err != nil {
			return "", fmt.Errorf("devidp: %w", err)
		}
		if len(list.values) > 0 {
			extra = append(extra, jwt.Extra{Name: list.name, JSON: string(values)})
		}
	}
	return p.sign(ctx, "JWT", claims.AppendJSON(nil, extra...))
}

// farewell signs the logout token of a visit (Back-Channel Logout 1.0 §2.4).
func (p *Provider) farewell(ctx context.Context, v visit) (string, error) {
	now := p.config.Now()
	claims := jwt.Claims{
		Issuer: p.config.Issuer, Subject: v.person.Subject, Audience: []string{p.config.Client.ID},
		IssuedAt: now, Expires: now.Add(logoutLife), TokenID: rand.Text(),
	}
	return p.sign(ctx, "logout+jwt", claims.AppendJSON(nil, jwt.StringClaim("sid", v.sid), jwt.Extra{Name: "events", JSON: logoutEvent}))
}

func (p *Provider) sign(ctx context.Context, typ string, claims []byte) (string, error) {
	token, err := jwt.Sign(ctx, p.keys.signer(p.config.Now()), typ, claims)
	if err != nil {
		return "", fmt.Errorf("devidp: %w", err)
	}
	return token, nil
}

// remembers reports whether hint is an ID token of the visit. One that has
// expired still tells whom it was about (RP-Initiated Logout 1.0 §2).
func (p *Provider) remembers(ctx context.Context, hint string, v visit) bool {
	u, err := jwt.Parse(hint)
	if err != nil {
		return false
	}
	set, _, err := jwks.Parse(jwks.AppendSet(nil, p.keys.published(p.config.Now())...), stdcrypto.Import)
	if err != nil {
		return false
	}
	key, err := set.Select(u.Header.KeyID, u.Header.HasKeyID, u.Header.Algorithm)
	if err != nil || u.Verify(ctx, key) != nil || u.Claims.Issuer != p.config.Issuer {
		return false
	}
	claim, _ := u.Claims.Lookup("sid")
	sid, ok := claim.Text()
	return ok && sid == v.sid
}

// halfHash is at_hash (OpenID Connect Core §3.1.3.6), for RS256.
func halfHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// challengeOf is the S256 code challenge of a verifier (RFC 7636 §4.2).
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
