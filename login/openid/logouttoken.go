package openid

import (
	"context"
	"fmt"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/jwt"
)

// logoutEvent is the member of events that makes a token a logout token.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// Many providers set no typ; what tells a logout token from an ID token then is
// its event, and that it has no nonce.
var logoutTypes = []string{"logout+jwt", "", "jwt"}

var (
	errEvent  = fmt.Errorf("openid: events has no back-channel logout: %w", edgeward.TokenClaim)
	errWhom   = fmt.Errorf("openid: neither sub nor sid, or no jti: %w", edgeward.TokenClaim)
	errNonced = fmt.Errorf("openid: it has a nonce, as ID tokens do: %w", edgeward.TokenClaim)
)

// VerifyLogoutToken proves a logout token (OpenID Connect Back-Channel Logout 1.0
// §2.6). One without exp, which the specification demands and providers in wide
// use do not send, counts as expiring ten minutes after its iat. Errors wrap
// [ErrLogoutToken], and [ErrSigned] as well when the provider has signed the
// token; or mean: could not tell.
func (c *Client) VerifyLogoutToken(ctx context.Context, token string) (*jwt.Claims, error) {
	return c.verify(ctx, token, kind{types: logoutTypes, check: checkLogout, refusal: ErrLogoutToken, size: jwt.MaxToken, logout: true})
}

// checkLogout is §2.6, rules 4 to 7.
func checkLogout(c *jwt.Claims) error {
	events, _ := c.Lookup("events")
	if event, _ := events.Member(logoutEvent); !event.IsObject() {
		return errEvent
	}
	if _, found := c.Lookup("nonce"); found {
		return errNonced
	}
	if sid, _ := SessionID(c); c.TokenID == "" || c.Subject == "" && sid == "" {
		return errWhom
	}
	return nil
}
