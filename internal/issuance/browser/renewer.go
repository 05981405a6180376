package browser

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// MethodCookie is what identities say that the access token in a browser's
// cookie has proved, and the strategy's name in routes.
const MethodCookie = "cookie"

// A Renewer renews the access token in a browser's cookie by the refresh token
// in another, which stays as it is: the cookies travel with the application's
// answer, and it is unknown whether that arrives. POST /auth/refresh alone, which a
// script of our own waits for, rotates. It implements [edgeward.Renewer].
type Renewer struct {
	Authority *issuance.Authority
	Tokens    edgeward.Verifier // of our own access tokens, saying MethodCookie
	Jar       Cookies
}

// Renew implements [edgeward.Renewer].
func (n *Renewer) Renew(ctx context.Context, r *edgeward.Request) (edgeward.Renewed, error) {
	c, err := credential.Cookie(n.Jar.Refresh)(r)
	if err != nil {
		return edgeward.Renewed{}, err
	}
	pair, err := n.Authority.MintAccess(ctx, issuance.By{Actor: "client", RequestID: r.ID}, r, c.Value)
	if err != nil {
		return edgeward.Renewed{}, err
	}
	access := edgeward.Credential{Value: pair.AccessToken, Header: "Cookie", Cookie: n.Jar.Access}
	id, err := n.Tokens.Verify(ctx, r, access)
	if err != nil {
		return edgeward.Renewed{}, err
	}
	return edgeward.Renewed{Identity: id, Credential: access, Cookies: []string{SetAccess(n.Authority, n.Jar, &pair)}}, nil
}

// SetPair returns the Set-Cookie values that give a browser a token pair. The
// access token's cookie lives as long as the refresh token's: what has expired
// is told from what was never there, and renewed.
func SetPair(a *issuance.Authority, jar Cookies, p *issuance.Pair) []string {
	return []string{SetAccess(a, jar, p), cookie.Set(jar.Refresh, p.RefreshToken, a.Remaining(p.RefreshExpires))}
}

// SetAccess returns the Set-Cookie value that gives a browser the access token of
// p alone.
func SetAccess(a *issuance.Authority, jar Cookies, p *issuance.Pair) string {
	return cookie.Set(jar.Access, p.AccessToken, a.Remaining(p.RefreshExpires))
}
