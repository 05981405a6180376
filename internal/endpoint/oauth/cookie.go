package oauth

import (
	"context"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/credential"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/issuance"
	"github.com/edgeward/edgeward/internal/wire/cookie"
	"github.com/edgeward/edgeward/internal/wire/csrf"
)

// refresh is POST /auth/refresh: the refresh token stays in a cookie that no
// script reads, the access token goes to the page. The cookie is replaced and
// never taken away: whether it was refused for good or by a mistake of ours
// (another secret, another store), it does no harm, and a sign-in replaces it.
//
// Links from elsewhere carry it too, so that the edge can renew an access token
// when one is followed; here, where a page could have somebody else's browser
// use it up, its origin has to be said all the same.
func (api *API) refresh(ctx context.Context, x *exchange, r *edgeward.Request) error {
	if err := csrf.Demand(r); err != nil {
		return err
	}
	name := cookie.Refresh
	if api.insecure && door.OnThisMachine(api.door.Trusted, x.in, r) {
		name = cookie.StandIn(name)
	}
	c, err := credential.Cookie(name)(r)
	if err != nil {
		return err
	}
	pair, err := api.authority.Refresh(ctx, by(r), c.Value, issuance.ScopeRequest{}, device(r))
	if err != nil {
		return err
	}
	x.ok.cookie = cookie.Set(name, pair.RefreshToken, pair.RefreshExpires.Sub(api.now()))
	return api.respond(x, &pair, "")
}
