package authority

import (
	"context"
	"time"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/engine"
	"github.com/edgeward/edgeward/internal/cookie"
	"github.com/edgeward/edgeward/refresh"
)

// MethodCookie is what identities say that the access token in a browser's
// cookie has proved, and the strategy's name in routes.
const MethodCookie = "cookie"

// A Renewer renews the access token in a browser's cookie by the refresh token
// in another. It implements [engine.Renewer].
type Renewer struct {
	Authority *Authority
	Tokens    edgeward.Verifier // of our own access tokens, saying MethodCookie
	Jar       Jar
}

// Renew implements [engine.Renewer]. Requests of one browser that ask at once
// are given the same refresh token: see [refresh.Families.Refresh].
func (n *Renewer) Renew(ctx context.Context, r *edgeward.Request) (engine.Renewed, error) {
	c, err := credential.Cookie(n.Jar.Refresh)(r)
	if err != nil {
		return engine.Renewed{}, err
	}
	pair, err := n.Authority.Refresh(ctx, By{Actor: "client", RequestID: r.ID}, c.Value, Narrowing{}, refresh.Meta{
		ClientIP: r.ClientIP, UserAgent: r.Header.First("User-Agent"),
	})
	if err != nil {
		return engine.Renewed{}, err
	}
	access := edgeward.Credential{Value: pair.AccessToken, Header: "Cookie", Cookie: n.Jar.Access}
	id, err := n.Tokens.Verify(ctx, r, access)
	if err != nil {
		return engine.Renewed{}, err
	}
	return engine.Renewed{Identity: id, Credential: access, Cookies: n.Authority.SetPair(n.Jar, &pair)}, nil
}

// SetPair returns the Set-Cookie values that give a browser a token pair. The
// access token's cookie lives as long as the refresh token's: what has expired
// is told from what was never there, and renewed.
func (a *Authority) SetPair(jar Jar, p *Pair) []string {
	life := p.RefreshExpires.Sub(a.clock.Now()).Truncate(time.Second)
	return []string{
		cookie.Set(jar.Access, p.AccessToken, life, cookie.Lax),
		cookie.Set(jar.Refresh, p.RefreshToken, life, cookie.Lax),
	}
}
