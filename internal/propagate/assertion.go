package propagate

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/canonical"
	"github.com/edgeward/edgeward/internal/strictjson"
	"github.com/edgeward/edgeward/jwt"
)

// AssertionType is the typ of an assertion. It is explicit (RFC 8725 §3.11), so
// that an assertion is never taken for an access token, nor the other way
// round.
const AssertionType = "edgeward-assertion+jwt"

// defaultLifetime is how long an assertion is valid: one request, with room for
// clocks that disagree.
const defaultLifetime = time.Minute

// An Asserter signs, for one request at a time, who is making it: the value of
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
type Asserter struct {
	Signer   jwt.Signer
	Issuer   string           // who the upstream trusts: this gateway
	Audience string           // the upstream
	Lifetime time.Duration    // 0 means one minute
	Now      func() time.Time // nil means time.Now
}

var errAsserter = errors.New("propagate: assertion: signer, issuer, audience, subject or host is missing")

// Assert returns the assertion that id makes r. Its errors wrap no Reason: the
// request cannot be forwarded as the route demands (503).
func (a *Asserter) Assert(ctx context.Context, r *edgeward.Request, id *edgeward.Identity) (string, error) {
	if a.Signer == nil || a.Issuer == "" || a.Audience == "" || id == nil || id.Subject == "" || r.Host == "" {
		return "", errAsserter
	}
	token, err := jwt.Sign(ctx, a.Signer, AssertionType, a.claims(r, id))
	if err != nil {
		return "", fmt.Errorf("propagate: assertion: %w", err)
	}
	return token, nil
}

func (a *Asserter) claims(r *edgeward.Request, id *edgeward.Identity) []byte {
	now, lifetime := a.now(), a.Lifetime
	if lifetime <= 0 {
		lifetime = defaultLifetime
	}
	c := object(`{"iss":`)
	c.string(a.Issuer)
	c.member("sub", id.Subject)
	c.raw(`,"sub_id":{"format":"iss_sub"`)
	c.member("iss", id.Issuer)
	c.member("sub", id.Subject)
	c.raw(`}`)
	c.member("aud", a.Audience)
	c.seconds("iat", now)
	c.seconds("exp", now.Add(lifetime))
	c.member("jti", rand.Text())
	c.member("auth_method", id.Method)
	c.optional("scope", strings.Join(id.Permissions, " "))
	c.optional("sid", id.Session)
	c.member("htm", r.Method)
	c.member("htu", r.Scheme+"://"+r.Host+canonical.EscapePath(r.Path))
	return append(c, '}')
}

func (a *Asserter) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

// object is a JSON object under construction, with its first member written.
type object []byte

func (o *object) raw(s string)    { *o = append(*o, s...) }
func (o *object) string(s string) { *o = strictjson.AppendString(*o, s) }

func (o *object) member(name, value string) {
	o.raw(`,"` + name + `":`)
	o.string(value)
}

func (o *object) optional(name, value string) {
	if value != "" {
		o.member(name, value)
	}
}

func (o *object) seconds(name string, t time.Time) {
	o.raw(`,"` + name + `":`)
	*o = strconv.AppendInt(*o, t.Unix(), 10)
}
