package admin

import (
	"context"
	"net/netip"
	"time"

	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/refresh"
)

// A NewPair asks for a token pair, once somebody has checked who it is for.
type NewPair struct {
	Subject     string     `json:"subject"`
	Permissions []string   `json:"permissions,omitempty"`
	ClientID    string     `json:"client_id,omitempty"` // the OAuth client that the refresh token is bound to
	ClientIP    netip.Addr `json:"client_ip,omitzero"`
	UserAgent   string     `json:"user_agent,omitempty"`
}

// A Pair is an access token and the refresh token that succeeds it.
type Pair struct {
	AccessToken    Handed    `json:"access_token"`
	TokenType      string    `json:"token_type"`
	ExpiresIn      int64     `json:"expires_in"` // seconds
	RefreshToken   Handed    `json:"refresh_token"`
	RefreshExpires time.Time `json:"refresh_expires"` // no refresh moves it
	Family         string    `json:"family"`          // public id: sid of the access token
}

// mintPair is POST /v1/tokens.
func mintPair(ctx context.Context, c *call) (result, error) {
	g := issuance.Grant{
		Subject: c.body.need("subject"), Permissions: c.body.permissions("permissions"), ClientID: c.body.text("client_id"),
	}
	m := refresh.ClientInfo{ClientIP: c.body.address("client_ip"), UserAgent: c.body.text("user_agent")}
	if err := c.end(); err != nil {
		return result{}, err
	}
	p, err := c.Authority.MintPair(ctx, c.by, g, m)
	if err != nil {
		return result{}, err
	}
	return result{Pair{
		AccessToken: Handed{p.AccessToken}, TokenType: "Bearer",
		ExpiresIn:    int64(max(p.AccessExpires.Sub(c.Now()), 0) / time.Second),
		RefreshToken: Handed{p.RefreshToken}, RefreshExpires: p.RefreshExpires.UTC(), Family: p.Family,
	}, p.Family}, nil
}
