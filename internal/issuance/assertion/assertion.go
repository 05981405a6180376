// Package assertion signs X-Auth-Assertion, by which an upstream verifies who makes
// a request.
package assertion

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/wire/canonical"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
	"github.com/edgeward/edgeward/jwt"
)

// Type is the typ of an assertion. It is explicit (RFC 8725 §3.11), so
// that an assertion is never taken for an access token, nor the other way
// round.
const Type = "edgeward-assertion+jwt"

// defaultLifetime is how long an assertion is valid: one request, with room for
// clocks that disagree.
const defaultLifetime = time.Minute

// A Signer signs, for one request at a time, who is making it: the value of
// X-Auth-Assertion. An upstream that others can reach too verifies it instead
// of trusting the network.
//
// The claims are registered ones where they exist: iss (Issuer), aud, iat, exp,
// jti (RFC 7519); sub and sub_id, an iss_sub identifier with the issuer that
// vouches for the subject (RFC 9493 §3.2.3), since two issuers may know
// different people by one sub; scope (RFC 8693 §4.2); sid (OpenID Connect);
// htm and htu, the method and the URL without its query that the assertion is
// good for (RFC 9449 §4.2), so that one for GET /cart is worthless for POST
// /pay; and auth_method, the strategy that proved the subject.
//
// It is safe for concurrent use when Signer is.
type Signer struct {
	Signer   jwt.Signer
	Issuer   string           // who the upstream trusts: this gateway
	Audience string           // the upstream
	Lifetime time.Duration    // 0 means one minute
	Now      func() time.Time // nil means time.Now
}

var errSigner = errors.New("assertion: signer, issuer, audience, subject or host is missing")

// Assert returns the assertion that id makes r. Its errors wrap no Reason: the
// request cannot be forwarded as the route demands (503).
func (a *Signer) Assert(ctx context.Context, r *edgeward.Request, id *edgeward.Identity) (string, error) {
	if a.Signer == nil || a.Issuer == "" || a.Audience == "" || id == nil || id.Subject == "" || r.Host == "" {
		return "", errSigner
	}
	token, err := jwt.Sign(ctx, a.Signer, Type, a.claims(r, id))
	if err != nil {
		return "", fmt.Errorf("assertion: %w", err)
	}
	return token, nil
}

func (a *Signer) claims(r *edgeward.Request, id *edgeward.Identity) []byte {
	now, lifetime := a.now(), a.Lifetime
	if lifetime <= 0 {
		lifetime = defaultLifetime
	}
	claims := jwt.Claims{
		Issuer:   a.Issuer,
		Subject:  id.Subject,
		Audience: []string{a.Audience},
		IssuedAt: now,
		Expires:  now.Add(lifetime),
		TokenID:  rand.Text(),
	}
	extra := []jwt.Extra{
		{Name: "sub_id", JSON: subjectIdentifier(id)},
		jwt.StringClaim("auth_method", id.Method),
		jwt.StringClaim("htm", r.Method),
		jwt.StringClaim("htu", r.Scheme+"://"+r.Host+canonical.EscapePath(r.Path)),
	}
	if len(id.Permissions) > 0 {
		extra = append(extra, jwt.StringClaim("scope", strings.Join(id.Permissions, " ")))
	}
	if id.Session != "" {
		extra = append(extra, jwt.StringClaim("sid", id.Session))
	}
	return claims.AppendJSON(make([]byte, 0, 512), extra...)
}

// subjectIdentifier returns the iss_sub identifier of RFC 9493 §3.2.3.
func subjectIdentifier(id *edgeward.Identity) string {
	b := strictjson.AppendString([]byte(`{"format":"iss_sub","iss":`), id.Issuer)
	b = strictjson.AppendString(append(b, `,"sub":`...), id.Subject)
	return string(append(b, '}'))
}

func (a *Signer) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}
