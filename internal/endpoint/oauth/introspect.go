package oauth

import (
	"context"
	"strings"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
)

// An introspection is the response of RFC 7662 §2.2. That of a token that is
// not alive says nothing else.
type introspection struct {
	Active    bool     `json:"active"`
	Scope     string   `json:"scope,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	TokenType string   `json:"token_type,omitempty"` // of an access token
	Expires   int64    `json:"exp,omitempty"`
	IssuedAt  int64    `json:"iat,omitempty"`
	Subject   string   `json:"sub,omitempty"`
	Audience  []string `json:"aud,omitempty"`
	Issuer    string   `json:"iss,omitempty"`
	TokenID   string   `json:"jti,omitempty"`
	Session   string   `json:"sid,omitempty"`
}

// introspect is POST /oauth/introspect: RFC 7662. Who may ask is proved first,
// so that nobody tries tokens out here (§4).
func (api *API) introspect(ctx context.Context, x *exchange, r *edgeward.Request) error {
	caller, err := api.authority.AuthenticateClient(ctx, r)
	if err != nil {
		return err
	}
	if err := issuance.RequireScope(caller, ScopeIntrospect); err != nil {
		return err
	}
	f, err := x.form()
	if err != nil {
		return err
	}
	if f["token"] == "" {
		return refuse(invalidRequest, "token is missing")
	}
	what, err := api.authority.Introspect(ctx, edgeward.NewSecret(f["token"]))
	if err != nil {
		return err
	}
	x.identity = caller
	return x.ok.json(show(&what))
}

func show(what *issuance.Introspection) introspection {
	if !what.Active {
		return introspection{}
	}
	shown := introspection{
		Active: true, Scope: strings.Join(what.Permissions, " "), ClientID: what.ClientID,
		Expires: what.Expires.Unix(), IssuedAt: what.IssuedAt.Unix(),
		Subject: what.Subject, Audience: what.Audience, Issuer: what.Issuer, TokenID: what.TokenID, Session: what.Session,
	}
	if !what.Refresh {
		shown.TokenType = "Bearer"
	}
	return shown
}
