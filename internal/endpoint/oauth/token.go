package oauth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/strictjson"
)

// respond is the response of RFC 6749 §5.1. The refresh token is left to the
// caller, who knows where it belongs. The scope may be less than what was asked
// for (§3.3).
func (api *api) respond(p *issuance.Pair, refreshToken string) endpoint.Reply {
	lives := max(p.AccessExpires.Sub(api.now()), 0)
	var w strictjson.Writer
	w.String("access_token", p.AccessToken.Reveal())
	w.String("token_type", "Bearer")
	w.Int("expires_in", int64(lives/time.Second))
	w.Optional("refresh_token", refreshToken)
	w.Optional("scope", strings.Join(p.Permissions, " "))
	return endpoint.JSON(w.End())
}

// token is POST /oauth/token: RFC 6749 §6.
func (api *api) token(ctx context.Context, c *endpoint.Call) (endpoint.Reply, error) {
	f, err := publicForm(c)
	switch {
	case err != nil:
		return endpoint.Reply{}, err
	case f["grant_type"] == "":
		return endpoint.Reply{}, endpoint.RefuseOAuth(endpoint.InvalidRequest, "grant_type is missing")
	case f["grant_type"] != "refresh_token":
		return endpoint.Reply{}, endpoint.RefuseOAuth(endpoint.UnsupportedGrantType, "the only grant is refresh_token")
	case f["refresh_token"] == "":
		return endpoint.Reply{}, endpoint.RefuseOAuth(endpoint.InvalidRequest, "refresh_token is missing")
	}
	n := issuance.ScopeRequest{ClientID: f["client_id"], Permissions: scope(f)}
	pair, err := api.authority.Refresh(ctx, c.By(), edgeward.NewSecret(f["refresh_token"]), n, c.Client())
	if errors.Is(err, edgeward.InsufficientScope) {
		err = endpoint.RefuseOAuth(endpoint.InvalidScope, "the scope exceeds what was granted")
	}
	if err != nil {
		return endpoint.Reply{}, err
	}
	return api.respond(&pair, pair.RefreshToken.Reveal()), nil
}

// revoke is POST /oauth/revoke: RFC 7009. token_type_hint is ignored: tokens
// tell themselves apart.
func (api *api) revoke(ctx context.Context, c *endpoint.Call) (endpoint.Reply, error) {
	f, err := publicForm(c)
	if err != nil {
		return endpoint.Reply{}, err
	}
	secret, err := token(f)
	if err != nil {
		return endpoint.Reply{}, err
	}
	err = api.authority.RevokeToken(ctx, c.By(), secret, c.Request.ClientIP)
	if errors.Is(err, issuance.ErrTokenType) {
		err = endpoint.RefuseOAuth(endpoint.UnsupportedTokenType, "that kind of token is not revoked here")
	}
	return endpoint.Reply{}, err
}
