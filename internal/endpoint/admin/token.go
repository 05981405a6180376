package admin

import (
	"context"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/issuance"
)

// mintPair is POST /v1/tokens.
func mintPair(ctx context.Context, c *call) (result, error) {
	g := issuance.Grant{
		Subject: c.body.need("subject"), Permissions: c.body.permissions("permissions"), ClientID: c.body.text("client_id"),
	}
	m := edgeward.Client{IP: c.body.address("client_ip"), UserAgent: c.body.text("user_agent")}
	if err := c.end(); err != nil {
		return result{}, err
	}
	p, err := c.Authority.MintPair(ctx, c.by, g, m)
	if err != nil {
		return result{}, err
	}
	var d document
	d.String("access_token", p.AccessToken.Reveal())
	d.String("token_type", "Bearer")
	d.Int("expires_in", int64(max(p.AccessExpires.Sub(c.Now()), 0)/time.Second))
	d.String("refresh_token", p.RefreshToken.Reveal())
	d.time("refresh_expires", p.RefreshExpires)
	d.String("family", p.Family)
	return result{document: d.End(), created: p.Family}, nil
}
