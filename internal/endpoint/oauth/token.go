package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/refresh"
)

// A tokenResponse is that of RFC 6749 §5.1.
type tokenResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
}

// respond makes the reply that hands out a pair; the refresh token is left to
// the caller, who knows where it belongs.
func (api *API) respond(x *exchange, p *issuance.Pair, refreshToken string) error {
	scope := strings.Join(p.Permissions, " ")
	lives := max(p.AccessExpires.Sub(api.now()), 0)
	return x.ok.json(tokenResponse{p.AccessToken.Reveal(), "Bearer", int64(lives / time.Second), refreshToken, scope})
}

// json makes v the reply.
func (o *reply) json(v any) (err error) {
	o.mediaType = "application/json"
	o.body, err = json.Marshal(v)
	return err
}

// token is POST /oauth/token: RFC 6749 §6.
func (api *API) token(ctx context.Context, x *exchange, r *edgeward.Request) error {
	f, err := x.form()
	if err != nil {
		return err
	}
	if err := publicClient(f, r); err != nil {
		return err
	}
	switch {
	case f["grant_type"] == "":
		return refuse(invalidRequest, "grant_type is missing")
	case f["grant_type"] != "refresh_token":
		return refuse(unsupportedGrantType, "the only grant is refresh_token")
	case f["refresh_token"] == "":
		return refuse(invalidRequest, "refresh_token is missing")
	}
	n := issuance.ScopeRequest{ClientID: f["client_id"], Permissions: scope(f)}
	pair, err := api.authority.Refresh(ctx, by(r), edgeward.NewSecret(f["refresh_token"]), n, device(r))
	if errors.Is(err, edgeward.InsufficientScope) {
		return refuse(invalidScope, "the scope exceeds what was granted")
	}
	if err != nil {
		return err
	}
	return api.respond(x, &pair, pair.RefreshToken.Reveal())
}

// device is where a request came from, for people to recognise.
func device(r *edgeward.Request) refresh.ClientInfo {
	return refresh.ClientInfo{ClientIP: r.ClientIP, UserAgent: r.Header.First("User-Agent")}
}

// revoke is POST /oauth/revoke: RFC 7009. token_type_hint is ignored: tokens
// tell themselves apart.
func (api *API) revoke(ctx context.Context, x *exchange, r *edgeward.Request) error {
	f, err := x.form()
	if err != nil {
		return err
	}
	if err := publicClient(f, r); err != nil {
		return err
	}
	if f["token"] == "" {
		return refuse(invalidRequest, "token is missing")
	}
	err = api.authority.RevokeToken(ctx, by(r), edgeward.NewSecret(f["token"]), r.ClientIP)
	if errors.Is(err, issuance.ErrTokenType) {
		return refuse(unsupportedTokenType, "that kind of token is not revoked here")
	}
	return err
}
