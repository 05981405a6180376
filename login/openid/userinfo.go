package openid

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// Userinfo says when a provider is asked for claims beside the ID token (OpenID
// Connect Core §5.3).
type Userinfo string

// When the provider is asked.
const (
	UserinfoAuto   Userinfo = "auto"   // when the ID token lacks a claim that is wanted; "" as well
	UserinfoAlways Userinfo = "always" // at each sign-in
	UserinfoNever  Userinfo = "never"
)

// maxSigned bounds an ID token and a signed userinfo answer, in bytes: one with 200
// groups has more than a token that travels in requests.
const maxSigned = 64 << 10

// HasUserinfo reports whether the provider has a userinfo endpoint.
func (m *Metadata) HasUserinfo() bool { return m.userinfo.url != "" }

// Userinfo returns what the provider says of the user of an access token: the members
// of the JSON object that it answers, or of the payload of a JWT that it signed. Its
// sub has to be subject, that of the ID token: an access token of another user would
// give that one's groups (§5.3.4).
//
// Errors wrap [ErrAnswer], and [ErrSubject] as well when sub is another or missing; or
// mean: could not tell.
func (c *Client) Userinfo(ctx context.Context, m *Metadata, access edgeward.Secret, subject string) (jwt.Value, error) {
	if !m.HasUserinfo() {
		return jwt.Value{}, refuse(ErrAnswer, "%s has no userinfo_endpoint", c.Name)
	}
	if access.IsZero() || !isBearer(access.Reveal()) {
		return jwt.Value{}, refuse(ErrAnswer, "%s gave an access token that no request can carry", c.Name)
	}
	header := edgeward.Header{}
	header.Set("Authorization", "Bearer "+access.Reveal())
	answer, err := c.fetch(ctx, Request{Method: "GET", URL: m.userinfo.url, Written: m.userinfo.written, Header: header}, jwtType)
	if err != nil {
		return jwt.Value{}, err
	}
	if answer.Status != statusOK {
		// The body, and WWW-Authenticate, may repeat the token.
		return jwt.Value{}, refuse(ErrAnswer, "userinfo of %s: status %d", c.Name, answer.Status)
	}
	claims, err := c.readUserinfo(ctx, answer)
	if err != nil {
		return jwt.Value{}, err
	}
	sub, _ := claims.Member("sub")
	if said, _ := sub.Text(); said == "" || said != subject {
		return jwt.Value{}, fmt.Errorf("%w: userinfo of %s: %w", ErrAnswer, c.Name, ErrSubject)
	}
	return claims, nil
}

// isBearer reports whether s can stand in a header (RFC 6750 §2.1).
func isBearer(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f })
}

// readUserinfo reads JSON or a signed JWT (§5.3.2).
func (c *Client) readUserinfo(ctx context.Context, answer Response) (jwt.Value, error) {
	body := string(answer.Body)
	if mediaType(&answer) == jwtType {
		u, err := c.prove(ctx, strings.TrimSpace(body), maxSigned)
		switch {
		case err != nil && edgeward.ReasonOf(err) == edgeward.Unavailable:
			return jwt.Value{}, edgeward.NewUnavailable("keys of "+c.Issuer, pause, err)
		case err != nil:
			return jwt.Value{}, refuse(ErrAnswer, "userinfo of %s: %v", c.Name, err)
		}
		if err := c.checkUserinfo(u); err != nil {
			return jwt.Value{}, refuse(ErrAnswer, "userinfo of %s: %v", c.Name, err)
		}
		body = u.Claims.Payload
	}
	claims, err := jwt.ParseObject(body)
	if err != nil {
		return jwt.Value{}, refuse(ErrAnswer, "userinfo of %s: %v", c.Name, err)
	}
	return claims, nil
}

// checkUserinfo judges the claims of an answer whose signature is good. iss and aud
// should be there (§5.3.2), and have to be right where they are.
func (c *Client) checkUserinfo(u *jwt.Unverified) error {
	said := &u.Claims
	switch {
	case said.Issuer != "" && said.Issuer != c.Issuer:
		return fmt.Errorf("openid: iss is not the issuer: %w", edgeward.TokenIssuer)
	case len(said.Audience) > 0 && !slices.Contains(said.Audience, c.ClientID):
		return fmt.Errorf("openid: aud is not this client: %w", edgeward.TokenAudience)
	case !said.Expires.IsZero() && !c.now().Before(said.Expires.Add(Leeway)):
		return fmt.Errorf("openid: exp is past: %w", edgeward.TokenExpired)
	case u.Header.Type != "" && !strings.EqualFold(u.Header.Type, "JWT"):
		// An access token or a logout token of the same issuer is no answer.
		return fmt.Errorf("openid: typ is another one's: %w", edgeward.TokenType)
	}
	return nil
}
