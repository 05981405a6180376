package oauth

import (
	"context"

	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/endpoint"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/keep/hosthandle"
	"github.com/edgeward/edgeward/internal/wire/cookie"
)

// refresh is POST /auth/refresh: the refresh token stays in a cookie that no
// script reads, the access token goes to the page. The cookie is replaced and
// never taken away: whether it was refused for good or by a mistake of ours
// (another secret, another store), it does no harm, and a sign-in replaces it.
//
// Links from elsewhere carry it too, so that the edge can renew an access token
// when one is followed; here, where a page could have somebody else's browser
// use it up, its origin has to be said all the same.
func (api *api) refresh(ctx context.Context, c *endpoint.Call) (endpoint.Reply, error) {
	name := c.CookieName(cookie.Refresh)
	brought, err := credential.Cookie(name)(c.Request)
	if err != nil {
		return endpoint.Reply{}, err
	}
	if hosthandle.Is(brought.Value) { // of a host: it does not rotate
		pair, err := api.authority.MintAccess(ctx, c.By(), c.Request, brought.Value)
		if err != nil {
			return endpoint.Reply{}, err
		}
		return api.respond(&pair, ""), nil
	}
	pair, err := api.authority.Refresh(ctx, c.By(), brought.Value, issuance.ScopeRequest{}, c.Client())
	if err != nil {
		return endpoint.Reply{}, err
	}
	c.Cookies = append(c.Cookies, cookie.Set(name, pair.RefreshToken, pair.RefreshExpires.Sub(api.now())))
	return api.respond(&pair, ""), nil
}
